"""What can go wrong with the embedded stack. Every message says what to do about it."""


class StackError(Exception):
    """The stack cannot start or go on; the message is for the person who started it."""


class StartError(StackError):
    """A child process ended, or was not ready in time; the message names its log and quotes the end of it."""
