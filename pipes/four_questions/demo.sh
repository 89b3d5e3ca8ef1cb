# shellcheck shell=sh
# The book's four questions, answered by experiment
show four_questions
