"""How a file's name is shown in a sentence, whatever it consists of.

A name may hold line ends, bytes that are not UTF-8, or codes that change the terminal.
Chinese and other letters are shown as they are, everything else as its escape.

在句子里怎样显示一个文件名，不管它由什么组成。
文件名里可能有换行、不是 UTF-8 的字节，或者会改变终端的控制码。
中文和其他文字原样显示，其余的显示为转义符。
"""


def readable(name: str) -> str:
    """Return the name on one line, in characters that can be printed and written as UTF-8."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
