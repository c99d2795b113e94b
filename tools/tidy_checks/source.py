"""One file as the checks see it: its lines, and for C++ its tokens with every bracket matched and every brace named.

This is no parser. It knows enough of the grammar to tell a block from a braced initialiser and a lambda from a subscript,
which is what the checks ask; text that it cannot match (branches of #if that do not balance) makes it silent, never wrong
by more than that file.
"""
import bisect
import re
from dataclasses import dataclass, field
from typing import Iterator

TOKEN = re.compile(
    r"""(?P<space>\s+|\\\n)
    |(?P<comment>//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/)
    |(?P<string>(?:u8|u|U|L)?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"|(?:u8|u|U|L)?"(?:\\.|[^"\\\n])*")
    |(?P<char>(?:u8|u|U|L)?'(?:\\.|[^'\\\n])+')
    |(?P<number>\.?\d(?:[eEpP][+-]|'?[\w.])*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>::|->\*?|\.\.\.|<=>|&&|\|\||<<=|[-+*/%^&|=!<>]=|<<|\+\+|--|.)""",
    re.X | re.S,
)
DIRECTIVE = re.compile(r"[ \t]*#((?:[^\n\\/]|/(?![/*])|\\\n|\\.)*)")
ALLOW = re.compile(r"^(?://|[^/]*#)\s*tidy: allow(-file)? ([a-z-]+)(?: \(([^)]+)\))?")

OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSING = {")": "(", "]": "[", "}": "{"}
QUALIFIERS = {"const", "noexcept", "override", "final", "mutable", "volatile", "constexpr", "&", "&&", "static"}
CONTROL = {"if", "while", "for", "switch"}
TYPES = {"struct", "class", "union", "enum"}
# Braces that stand inside a statement instead of holding statements of the enclosing block.
INSIDE_STATEMENT = {"init", "lambda", "requires"}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    check: str
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}: {self.instead}"


@dataclass
class Allowance:
    """`// tidy: allow CHECK (reason)` covers its own line and the next line of code; allow-file the whole file."""

    line: int
    until: int
    check: str
    reason: str
    whole_file: bool
    used: bool = False


@dataclass
class Token:
    kind: str
    text: str
    offset: int


@dataclass
class Source:
    path: str
    text: str
    tokens: list[Token] = field(default_factory=list)
    comments: list[Token] = field(default_factory=list)
    directives: list[Token] = field(default_factory=list)
    match: dict[int, int] = field(default_factory=dict)  # index of a bracket -> index of its partner
    parent: list[int] = field(default_factory=list)  # index of a token -> index of the bracket around it, or -1
    braces: dict[int, str] = field(default_factory=dict)  # index of an opening brace -> what it opens
    allowances: list[Allowance] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0] + [m.end() for m in re.finditer("\n", self.text)]
        self.lines = self.text.split("\n")
        if self.lines and not self.lines[-1]:
            self.lines.pop()
        if self.is_cpp:
            self._lex()
            self._match_brackets()
        self._find_allowances()

    @property
    def is_cpp(self) -> bool:
        return self.path.endswith((".cpp", ".hpp"))

    @property
    def is_header(self) -> bool:
        return self.path.endswith(".hpp")

    @property
    def layer(self) -> str:
        return self.path.split("/", 1)[0]

    def line_at(self, offset: int) -> int:
        return bisect.bisect_right(self._starts, offset)

    def line_of(self, index: int) -> int:
        return self.line_at(self.tokens[index].offset)

    def word(self, index: int) -> str:
        """The text of a token; empty outside the file, so that callers may look one too far."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def find(self, index: int, check: str, what: str, instead: str) -> Finding:
        return Finding(self.path, self.line_of(index), check, what, instead)

    # -- reading ------------------------------------------------------------------------------------------------

    def _lex(self) -> None:
        text, at, line_starts = self.text, 0, True
        while at < len(text):
            if line_starts and (hit := DIRECTIVE.match(text, at)):
                self.directives.append(Token("directive", hit.group(1), at + len(hit.group(0)) - len(hit.group(1))))
                at, line_starts = hit.end(), False
                continue
            hit = TOKEN.match(text, at)
            kind = hit.lastgroup if hit.lastgroup != "mark" else "string"
            if kind == "space":
                line_starts = "\n" in hit.group()
                at = hit.end()
                continue
            (self.comments if kind == "comment" else self.tokens).append(Token(kind, hit.group(), at))
            line_starts = False
            at = hit.end()

    def _match_brackets(self) -> None:
        stack: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.kind == "sign" and token.text in CLOSING:
                # What does not fit is dropped: an unbalanced #if branch must not swallow the rest of the file.
                while stack and self.tokens[stack[-1]].text != CLOSING[token.text]:
                    stack.pop()
                if stack:
                    opened = stack.pop()
                    self.match[opened], self.match[index] = index, opened
            self.parent.append(stack[-1] if stack else -1)
            if token.kind == "sign" and token.text in OPENING:
                if token.text == "{":
                    self.braces[index] = self._name_brace(index)
                stack.append(index)

    # -- naming braces ------------------------------------------------------------------------------------------

    def holds_statements(self, index: int) -> bool:
        """Whether the bracket at index (-1: the file itself) is a block, whose content is a list of statements."""
        return index < 0 or self.braces.get(index, "init") != "init"

    def _name_brace(self, index: int) -> str:
        before = index - 1
        text = self.word(before)
        kind = self.tokens[before].kind if before >= 0 else ""
        around = self.parent[index]
        if text in ("", ";", "{") or (text == "}" and self.braces.get(self.match.get(before, -1)) not in INSIDE_STATEMENT):
            return "block" if self.holds_statements(around) else "init"
        if text == "}":  # `: member_{1} {` is a constructor's body
            return "function" if self.holds_statements(around) else "init"
        if text == "requires":
            return "requires"
        if text in ("else", "do", "try"):
            return "control"
        if text == "]":
            return "lambda" if self.opens_lambda(self.match.get(before, -1)) else "init"
        if text == ":":
            return "block" if self.holds_statements(around) and not self._has_question(before) else "init"
        if kind == "string":
            return "namespace" if self.word(before - 1) == "extern" else "init"
        if text == ")" or text in QUALIFIERS:
            named = self._after_parameters(before)
            if named:
                return named
        if kind == "word" or text in (">", "*", "&", "&&", ")"):
            return self._name_by_head(before)
        return "init"

    def _after_parameters(self, index: int) -> str:
        """What a brace opens behind `)` and qualifiers; empty when no parameter list stands there."""
        while self.word(index) in QUALIFIERS:
            index -= 1
        if self.word(index) == "]" and self.opens_lambda(self.match.get(index, -1)):
            return "lambda"
        if self.word(index) != ")":
            return ""
        head = self.match.get(index, 0) - 1
        text = self.word(head)
        if text == "noexcept":
            return self._after_parameters(head - 1)
        if text == "constexpr" and self.word(head - 1) == "if" or text in CONTROL:
            return "control"
        if text == "catch":
            return "catch"
        if text == "requires":
            return "requires"
        if text in ("decltype", "alignas"):
            return ""
        return "lambda" if self._is_lambda_head(head) else "function"

    def _is_lambda_head(self, index: int) -> bool:
        if self.word(index) == ">":
            index = self.angle_open(index) - 1
        return self.word(index) == "]" and self.opens_lambda(self.match.get(index, -1))

    def _name_by_head(self, index: int) -> str:
        """Reads back to the start of the statement: a type, a namespace, a trailing return type, or an initialiser."""
        around = self.parent[index + 1]
        while index > around:
            text = self.word(index)
            if text in (")", "]", "}"):
                if text == "}" and self.braces.get(self.match.get(index, -1)) not in INSIDE_STATEMENT:
                    break
                index = self.match.get(index, 0) - 1
                continue
            if text in (";", "=", "return", "co_return", "co_await", "?"):
                break
            if text == "->":
                return self._after_parameters(index - 1) or "init"
            if text == "namespace":
                return "namespace"
            if text in TYPES and self.word(index - 1) not in ("<", ",") and self.holds_statements(around):
                return "type"
            if text == "requires" and self.holds_statements(around):
                return "function"
            index -= 1
        return "init"

    def _has_question(self, index: int) -> bool:
        around = self.parent[index]
        while index > around and self.word(index) not in (";", "{", "}"):
            if self.word(index) == "?":
                return True
            index -= 1
        return False

    def opens_lambda(self, index: int) -> bool:
        """Whether `[` at index introduces a lambda, and is neither a subscript nor an attribute nor a binding."""
        if self.word(index) != "[":
            return False
        before = self.tokens[index - 1] if index else None
        if self.word(index + 1) == "[" or (before and before.text == "["):
            return False
        if before is None or before.text in ("return", "co_return", "co_await", "co_yield", "case", "else", "do"):
            return True
        if before.text in ("&", "&&") and self.word(index - 2) == "auto" or before.text in ("auto", "operator", "delete"):
            return False
        return before.kind not in ("word", "string") and before.text not in (")", "]", ">")

    # -- angle brackets -----------------------------------------------------------------------------------------

    def angle_close(self, index: int) -> int:
        """The `>` that closes the template arguments opened at index, or -1 where `<` can only mean less-than."""
        depth, limit = 0, index + 200
        while index < min(len(self.tokens), limit):
            text = self.word(index)
            if text == "<":
                depth += 1
            elif text == ">":
                depth -= 1
                if not depth:
                    return index
            elif text in OPENING:
                index = self.match.get(index, limit)
            elif text in (";", "&&", "||", ")", "]", "}", "?", "=="):
                if text != "&&" or self.word(index + 1) not in (">", ","):
                    return -1
            index += 1
        return -1

    def angle_open(self, index: int) -> int:
        depth, limit = 0, max(0, index - 200)
        while index > limit:
            text = self.word(index)
            if text == ">":
                depth += 1
            elif text == "<":
                depth -= 1
                if not depth:
                    return index
            elif text in CLOSING:
                index = self.match.get(index, limit)
            index -= 1
        return limit

    # -- allowances ---------------------------------------------------------------------------------------------

    def _find_allowances(self) -> None:
        if self.is_cpp:
            places = [(self.line_at(c.offset), c.text) for c in self.comments]
        else:
            places = list(enumerate(self.lines, 1)) if self.path.endswith((".py", ".sh")) else []
        for line, text in places:
            if hit := ALLOW.search(text):
                until = line
                while until < len(self.lines) and self.lines[until - 1].lstrip().startswith(("//", "#")):
                    until += 1
                self.allowances.append(Allowance(line, until, hit.group(2), hit.group(3) or "", bool(hit.group(1))))


def allowed(source: Source, finding: Finding) -> bool:
    for allowance in source.allowances:
        if allowance.check != finding.check or not allowance.reason:
            continue
        if allowance.whole_file or allowance.line <= finding.line <= allowance.until:
            allowance.used = True
            return True
    return False


def allowance_findings(source: Source) -> Iterator[Finding]:
    for allowance in source.allowances:
        if not allowance.reason:
            yield Finding(source.path, allowance.line, "allow", "an exception without a reason",
                          "write `tidy: allow CHECK (why)`")
        elif not allowance.used:
            yield Finding(source.path, allowance.line, "allow", f"an exception from {allowance.check} that nothing needs",
                          "delete it")
