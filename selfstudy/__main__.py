"""`python -m selfstudy`: the same as `selfstudy`."""

from selfstudy.cli import main

main()
