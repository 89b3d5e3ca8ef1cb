# shellcheck shell=sh
# The book's four questions about pipes, answered by experiment
show four_questions
