# shellcheck shell=sh
# Order: two senders, and which order a queue keeps
show fifo_order
