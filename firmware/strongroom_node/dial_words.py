"""What socket and TLS errors are called: see dial.py, which loads this only when there is one."""

import errno

from strongroom_node.compat import const

_WORDS = {
    "ECONNREFUSED": "refused",
    "EHOSTUNREACH": "unreachable",
    "ENETUNREACH": "unreachable",
    "ENETDOWN": "unreachable",
    "ETIMEDOUT": "timeout",
    "ECONNRESET": "closed",
    "ECONNABORTED": "closed",
    "ENOTCONN": "closed",
    "EPIPE": "closed",
    "EBADF": "closed",
}
_CLOSED = ("ConnectionResetError", "ConnectionAbortedError", "BrokenPipeError")
# Not every number has a name in MicroPython's errno.
_LINUX_ONLY = {32: "closed", 100: "unreachable", 101: "unreachable"}
_FATAL_ALERT = const(-30592)  # mbedTLS, where it leaves out the words
# How mbedTLS and OpenSSL put it, in lower case.
_TLS_WORDS = (
    ("expected cn", "tls_host"),
    ("hostname mismatch", "tls_host"),
    ("ip address mismatch", "tls_host"),
    ("expired", "tls_expired"),
    ("not yet valid", "tls_early"),
    ("starts in the future", "tls_early"),
    ("not correctly signed", "tls_untrusted"),
    ("unable to get", "tls_untrusted"),
    ("self-signed", "tls_untrusted"),
    ("self signed", "tls_untrusted"),
    ("signature failure", "tls_untrusted"),
    ("fatal alert", "tls_refused"),
    ("fatal_alert", "tls_refused"),
    ("alert", "tls_refused"),
)


def word(error, low):
    """Return the word for an error; `low` is its text in lower case."""
    # asyncio raises some closed connections without a number.
    if isinstance(error, EOFError) or type(error).__name__ in _CLOSED:
        return "closed"
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if -256 < number < 0:
        return "resolve"  # host name look-ups number their errors from -1 down
    if number == _FATAL_ALERT:
        return "tls_refused"
    if number < 0 or "ssl" in low or "certificate" in low or isinstance(error, ValueError):
        for part, word in _TLS_WORDS:
            if part in low:
                return word
        return "tls"
    return _WORDS.get(errno.errorcode.get(number)) or _LINUX_ONLY.get(number) or "network"
