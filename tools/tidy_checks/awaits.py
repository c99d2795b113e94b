"""co_await where g++ 12 miscompiles it, and coroutines whose parameters or captures die before they do.

g++ 12 turns 21 of 78 tried shapes into double frees or coroutines that never resume, without a word. The shapes that are
safe share a form: the await is the whole statement and its operand makes no braced, conditional or capturing temporary.
Only that form is let through, though some others happen to work.
"""
from typing import Iterator

from .source import CONTROL, Finding, INSIDE_STATEMENT, OPENING, Source

CHECK = "await"
WHOLE = "make it a statement of its own: `auto x = co_await e;`, then use x"
NAME = "name it in a statement before, then await"
BINARY = {"+", "-", "*", "/", "%", "^", "&", "|", "<", ">", "<=", ">=", "==", "!=", "<=>", "&&", "||", "<<", "?", ":", ",",
          "=", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<<="}
UNARY = {"*", "&", "!", "-", "~", "+"}
TARGET_SIGNS = {"::", ".", "->", "*", "&", "&&"}
NOT_A_TARGET = {"return", "co_return", "co_yield", "co_await", "throw", "new", "delete", "if", "while", "for", "switch"}
BORROWING = {"string_view", "span", "initializer_list"}
FUNCTION_BODIES = {"function", "lambda", "type", "namespace"}


def check(source: Source) -> Iterator[Finding]:
    told: set[int] = set()  # starts of statements
    for index, token in enumerate(source.tokens):
        if token.kind != "word":
            continue
        if token.text == "co_await" and source.word(index - 1) != "operator":
            yield from _await(source, index, told)
        elif token.text == "Task":
            yield from _borrowed_parameters(source, index)
    for brace, kind in source.braces.items():
        if kind == "lambda":
            yield from _capturing_coroutine(source, brace)
    for directive in source.directives:
        line = source.line_at(directive.offset)
        text = directive.text.strip()
        if text.startswith("define") and "co_await" in text:
            yield Finding(source.path, line, CHECK, "co_await inside a macro", "write the statement out")
        if text.startswith("define") and "({" in text.replace(" ", ""):
            yield Finding(source.path, line, CHECK, "statement expression in a macro",
                          "write a function; g++ 12 breaks these around co_await")


def _await(source: Source, index: int, told: set[int]) -> Iterator[Finding]:
    if _in_catch(source, index):
        yield source.find(index, CHECK, "co_await inside a catch block", "note the error, leave the block, then await")
    outer, containers = index, []
    while not _is_block(source, source.parent[outer]):
        outer = source.parent[outer]
        containers.append(outer)
    start = _statement_start(source, outer)
    if start not in told:
        found = list(_statement(source, start, index, outer, containers))
        if found:
            told.add(start)
        yield from found


def _statement(source: Source, start: int, index: int, outer: int, containers: list[int]) -> Iterator[Finding]:
    end = _statement_end(source, outer)
    faults = list(_temporaries(source, start, end))
    if containers:
        yield source.find(index, CHECK, _nested(source, containers, faults), WHOLE)
        return
    for at, what in faults:
        yield source.find(at, CHECK, f"{what} in a statement with co_await", NAME)
    if not faults:
        yield from _form(source, start, index, end)


def _is_block(source: Source, bracket: int) -> bool:
    return bracket < 0 or source.braces.get(bracket, "init") != "init"


def _in_catch(source: Source, index: int) -> bool:
    around = source.parent[index]
    while around >= 0 and source.braces.get(around) not in FUNCTION_BODIES:
        if source.braces.get(around) == "catch":
            return True
        around = source.parent[around]
    return False


def _statement_start(source: Source, index: int) -> int:
    around = source.parent[index]
    while index - 1 > around:
        before = index - 1
        text = source.word(before)
        if text in (";", "else", "do") or (text == ":" and not _answers_question(source, before, around)):
            break
        if text == ")":
            head = source.match.get(before, before) - 1
            word = source.word(head)
            if word in CONTROL or word == "constexpr":
                break
        if text == "}" and source.braces.get(source.match.get(before, -1)) not in INSIDE_STATEMENT:
            break
        index = source.match.get(before, before) if text in (")", "]", "}") else before
    return index


def _answers_question(source: Source, index: int, around: int) -> bool:
    while index > around and source.word(index) not in (";", "{", "}"):
        if source.word(index) == "?":
            return True
        index -= 1
    return False


def _statement_end(source: Source, index: int) -> int:
    while index < len(source.tokens) and source.word(index) not in (";", "}"):
        index = source.match.get(index, index) + 1 if source.word(index) in OPENING else index + 1
    return index


def _temporaries(source: Source, start: int, end: int) -> Iterator[tuple[int, str]]:
    """What g++ 12 destroys twice when the statement suspends. A lambda's body is a world of its own."""
    index = start
    while index < end:
        text = source.word(index)
        kind = source.braces.get(index, "")
        if text == "{" and kind in ("lambda", "requires"):
            index = source.match.get(index, index)
        elif text == "{":
            yield index, "braced temporary"
            index = source.match.get(index, index)
        elif text == "?":
            yield index, "conditional expression"
        elif text == "new":
            yield index, "new"
        elif text == "[" and source.opens_lambda(index):
            if _captures_by_value(source, index):
                yield index, "lambda that captures by value"
            index = source.match.get(index, index)
        index += 1


def _captures(source: Source, opened: int) -> list[list[str]]:
    """The captures of the lambda opened at `[`, each as its tokens."""
    captures: list[list[str]] = [[]]
    index, close = opened + 1, source.match.get(opened, opened)
    while index < close:
        text = source.word(index)
        if text == ",":
            captures.append([])
        else:
            captures[-1].append(text)
        if text in OPENING:
            index = source.match.get(index, index)
        index += 1
    return [c for c in captures if c]


def _captures_by_value(source: Source, opened: int) -> bool:
    return any(c[0] != "&" and c != ["this"] for c in _captures(source, opened))


def _nested(source: Source, containers: list[int], faults: list[tuple[int, str]]) -> str:
    for around in containers:
        head = source.word(around - 1)
        if head == "constexpr":
            head = "if"
        if source.word(around) == "(" and head in CONTROL:
            return f"co_await inside the head of `{head}`"
    for what in ("conditional expression", "new"):
        if any(w == what for _, w in faults):
            return f"co_await inside a statement with {'a ' + what if what != 'new' else '`new`'}"
    if any(source.word(around) == "{" for around in containers):
        return "co_await inside braces"
    return "co_await inside a larger expression"


def _form(source: Source, start: int, index: int, end: int) -> Iterator[Finding]:
    while source.word(start) == "[" and source.word(start + 1) == "[":
        start = source.match.get(start, start) + 1
    prefix = [source.word(i) for i in range(start, index)]
    if prefix and prefix != ["co_return"] and not _is_target(source, start, index):
        instead = "write `std::ignore = co_await e;`" if prefix == ["(", "void", ")"] else WHOLE
        yield source.find(index, CHECK, "co_await inside a larger expression", instead)
        return
    sign = _operator_behind(source, index + 1, end)
    if sign:
        yield source.find(index, CHECK, f"co_await as an operand of `{sign}`", WHOLE)


def _is_target(source: Source, start: int, index: int) -> bool:
    """Whether start..index reads `x =`, `T x =` or `auto [a, b] =`."""
    if source.word(index - 1) != "=" or index - 1 == start:
        return False
    at = start
    while at < index - 1:
        token = source.tokens[at]
        if token.text == "[":
            at = source.match.get(at, at)
        elif token.text == "<":
            at = source.angle_close(at)
            if at < 0:
                return False
        elif token.kind == "word":
            if token.text in NOT_A_TARGET:
                return False
        elif token.text not in TARGET_SIGNS:
            return False
        at += 1
    return True


def _operator_behind(source: Source, index: int, end: int) -> str:
    """The first operator that takes the awaited value as one of its operands; empty when there is none."""
    while source.word(index) in UNARY:
        index += 1
    while index < end:
        text = source.word(index)
        if text == "co_await":
            return "co_await"
        if text in OPENING:
            index = source.match.get(index, index)
        elif text == "<" and (close := source.angle_close(index)) > 0 and source.word(close + 1) in ("(", "::", "."):
            index = close
        elif text == "->" and source.word(index - 1) == ")" and source.braces.get(_next_brace(source, index, end)) == "lambda":
            index = _next_brace(source, index, end) - 1
        elif text in BINARY:
            return text
        index += 1
    return ""


def _next_brace(source: Source, index: int, end: int) -> int:
    while index < end and source.word(index) != "{":
        index += 1
    return index


def _borrowed_parameters(source: Source, index: int) -> Iterator[Finding]:
    """Task<T> name(parameters), `-> Task<T>` behind them, and the types of functions that return a Task."""
    close = source.angle_close(index + 1) if source.word(index + 1) == "<" else -1
    if close < 0:
        return
    head = index
    while source.word(head - 1) == "::":
        head -= 2
    if source.word(head - 1) == "->":
        before = head - 2
        while source.word(before) not in (")", ";", "{", "}", ""):
            before -= 1
        opened = source.match.get(before, -1) if source.word(before) == ")" else -1
    else:
        opened = close + 1
        while opened < len(source.tokens) and (source.tokens[opened].kind == "word" or source.word(opened) == "::"):
            opened += 1
        if source.word(opened) == "(" and source.word(opened - 1) == "operator":
            opened += 2
    if source.word(opened) != "(":
        return
    for at in range(opened + 1, source.match.get(opened, opened)):
        word = source.word(at)
        if word in BORROWING and (word != "span" or source.word(at + 1) == "<"):
            owner = {"string_view": "std::string", "span": "std::vector"}.get(word, "a container")
            yield source.find(at, CHECK, f"parameter of type {word} in a function that returns a Task",
                              f"the caller's storage may be gone at the first resume; take {owner} by value")


def _capturing_coroutine(source: Source, brace: int) -> Iterator[Finding]:
    at = brace - 1
    while at >= 0 and not (source.word(at) == "[" and source.opens_lambda(at)):
        at = source.match.get(at, at) if source.word(at) in (")", "]", "}") else at
        if source.word(at) == "[" and source.opens_lambda(at):
            break
        at -= 1
    if at < 0 or not _captures(source, at):
        return
    inside, end = brace + 1, source.match.get(brace, brace)
    while inside < end:
        if source.braces.get(inside) == "lambda":
            inside = source.match.get(inside, inside)
        elif source.word(inside) in ("co_await", "co_return", "co_yield"):
            yield source.find(at, CHECK, "a capturing lambda that is a coroutine",
                              "its captures die with the lambda object; pass them as parameters, or write a member function")
            return
        inside += 1
