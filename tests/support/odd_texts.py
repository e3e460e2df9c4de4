"""Texts that a user may write and a format may take for its own."""

from __future__ import annotations

ODD = {
    "ansi": "\x1b[2J\x1b]0;title\x07",
    "c1": "\x9b2J\x85",
    "rich": "[/] [bold]x[/bold] :smile:",
    "bidi": "a\u202egnp.exe\u2066",
    "zero-width": "a\u200bb\ufeff",
    "newline": "a\nb\r\nc\u2028d",
    "tab": "\t=1+1",
    "pipe": "a|b\\|c",
    "backslash": "a\\",
    "backticks": "`` `code` ```",
    "html": "<img src=x onerror=alert(1)>&lt;",
    "formula": "=cmd|' /C calc'!A0",
    "minus": "-2+3",
    "plus": "+1",
    "at": "@SUM(A1)",
    "spaced": "  =1+1",
    "full-width": "＝1",
    "annotation": "\n::error file=x::y",
    "mention": "@octocat fixes #12, GH-7 :tada:",
    "link": "[x](https://example.org) www.example.org ![y](z)",
    "emphasis": "**a** __b__ ~~c~~ $x$",
    "block": "# h\n- x\n1. y\n> z\n    code",
    "rule": "---|---",
    "quote": 'a"b,c;d',
    "delete": "a\x7fb",
    "separator": "a\x1cb\x1d",
    "tags": "a\U000e0041\u180e\ufff9b",
    "long": "x" * 5000,
}
