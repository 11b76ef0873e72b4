"""How the pictures look. Pure: the data of a scene in, SVG out."""

from __future__ import annotations

from typing import Any

from svg import bar, dot, line, picture, text

WIDTH = 760


def window(data: dict[str, Any]) -> str:
    """Requests as dots over four seconds: by hand, and here."""
    left, right, seconds = 20, 740, 7.0
    scale = (right - left) / seconds
    parts = []
    for row, arrivals in enumerate(data.values()):
        base = 150 + row * 170
        refused = sum(status == 429 for _, status in arrivals)
        note = f"{refused} answered 429" if refused else "no 429"
        kind = "bad" if refused else "good"
        parts += [
            text(
                left, base - 108, "by hand: gather() and AsyncLimiter(20, 2)" if row == 0 else "lemlist_async", "title"
            ),
            text(right, base - 108, note, f"title {kind}", "end"),
            line(left, base, right, base),
        ]
        parts += [line(left + second * scale, base - 96, left + second * scale, base, "grid") for second in range(8)]
        parts += [text(left + second * scale, base + 16, f"{second} s", "small", "middle") for second in range(8)]
        columns: dict[int, int] = {}
        for at, status in sorted(arrivals):
            column = int(at / 0.12)
            height = columns[column] = columns.get(column, 0) + 1
            if at < seconds:
                kind = "bad" if status == 429 else "calm"
                parts.append(dot(left + (column + 0.5) * 0.12 * scale, base - 2 - height * 4.3, kind, 2.1))
    return picture(WIDTH, 350, "65 requests over time, by hand with 429s and here without", parts)


def report(data: dict[str, int]) -> str:
    """A report as one stacked bar: everything that was submitted is somewhere."""
    kinds = {
        "done": ("good", "done"),
        "failed": ("bad", "failed: not applied, with the error"),
        "ambiguous": ("doubt", "ambiguous: its answer was lost"),
        "rejected": ("held", "rejected: malformed, never sent"),
        "unsent": ("rest", "unsent: the run was stopped"),
    }
    total, left, width = data["submitted"], 20, 720
    parts = [text(left, 26, f"submitted: {total} items", "title")]
    x = float(left)
    for row, (name, (kind, words)) in enumerate(kinds.items()):
        share = data[name] / total * width
        parts.append(bar(x, 40, max(share, 1.5), 34, kind))
        column, line_of = row % 2, row // 2
        parts.append(bar(left + column * 360, 92 + line_of * 22, 12, 12, kind))
        parts.append(text(left + 20 + column * 360, 103 + line_of * 22, f"{data[name]} {words}"))
        x += share
    return picture(
        WIDTH, 168, "A report: done, failed, ambiguous, rejected and unsent add up to what was submitted", parts
    )


def resume(data: dict[str, Any]) -> str:
    """Crash and resume on a line: what was sent when, and what had to be sent again."""
    marks = data["marks"]
    end = max(at for _, at in marks) + 0.3
    left, scale, base = 20, 720 / end, 130
    again = sum(kind == "again" for _, kind, _ in data["arrivals"])
    parts = [
        text(left, 26, f"{data['rows']} rows, killed with SIGKILL twice, started again each time", "title"),
        line(left, base, 740, base),
    ]
    columns: dict[tuple[int, str], int] = {}
    heights: dict[int, int] = {}
    for at, kind, _ in data["arrivals"]:
        column = int(at / 0.12)
        heights[column] = height = heights.get(column, 0) + 1
        columns[column, kind] = height
        parts.append(
            dot(
                left + (column + 0.5) * 0.12 * scale,
                base - 2 - height * 4.4,
                "doubt" if kind == "again" else "calm",
                2.1,
            )
        )
    for what, at in marks:
        x = left + at * scale
        parts.append(line(x, 44, x, base + 6, "axis" if what != "kill" else "grid"))
        words = {"start": "start", "kill": "kill -9", "end": "done"}[what]
        kind = "bad" if what == "kill" else "good" if what == "end" else ""
        parts.append(
            text(x, base + (36 if what == "kill" else 20), words, f"small {kind}", "end" if what == "end" else "middle")
        )
    parts += [
        dot(left + 5, base + 58, "calm"),
        text(left + 16, base + 62, f"{data['contacts']} contacts written once"),
        dot(left + 245, base + 58, "doubt"),
        text(left + 256, base + 62, f"{again} sent again: their answers died with the process"),
    ]
    return picture(WIDTH, 205, "An import that is killed twice continues where it stopped", parts)


def sync(data: dict[str, int]) -> str:
    """A sync as two sets, and the brake."""
    parts = [
        text(20, 26, "sync_list: the list ends up holding exactly what the file holds", "title"),
        '<ellipse cx="215" cy="120" rx="150" ry="72" class="sent"/>',
        '<ellipse cx="345" cy="120" rx="150" ry="72" class="held"/>',
        text(120, 64, f"file: {data['wanted']}", "small", "end"),
        text(440, 64, f"list: {data['members']}", "small"),
        text(118, 118, str(data["add"]), "title good", "middle"),
        text(118, 136, "to add", "small", "middle"),
        text(280, 118, str(data["keep"]), "title", "middle"),
        text(280, 136, "stay, unwritten", "small", "middle"),
        text(443, 118, str(data["remove"]), "title doubt", "middle"),
        text(443, 136, "to remove", "small", "middle"),
        text(530, 84, "the brake", "title"),
        text(530, 106, f"A file cut to {data['cut file']} rows"),
        text(530, 124, f"would remove {data['members'] - data['cut file']} of {data['members']}:"),
        text(530, 142, "refused before the first write." if data["refused"] else "not refused.", "bad"),
    ]
    return picture(
        WIDTH,
        210,
        "A sync adds who is missing, removes who is extra, and stops before a file that was cut short empties the list",
        parts,
    )


def processes(data: dict[str, Any]) -> str:
    """Throughput by processes of one key: each with a window of its own, and sharing the host's."""
    left, base, height = 60, 190, 130
    parts = [
        text(20, 26, "Processes with one key: share of the limit reached, and requests answered 429", "title"),
        *(line(left, base - share * height, 740, base - share * height, "grid") for share in (0.25, 0.5, 0.75, 1.0)),
        *(text(left - 8, base - share * height + 4, f"{share:.0%}", "small", "end") for share in (0.0, 0.5, 1.0)),
        line(left, base, 740, base),
    ]
    for column, (number, both) in enumerate(sorted(data.items(), key=lambda one: int(one[0]))):
        x = left + 50 + column * 160
        for offset, (name, kind) in enumerate((("own", "rest"), ("shared", "good"))):
            share, refused = both[name]
            parts.append(bar(x + offset * 52, base - share * height, 46, share * height, kind))
            words = f"{refused}× 429" if refused else "0"
            parts.append(
                text(
                    x + offset * 52 + 23,
                    base - share * height - 5,
                    words,
                    "small bad" if refused else "small good",
                    "middle",
                )
            )
        parts.append(text(x + 49, base + 18, f"{number} process{'es' if number != '1' else ''}", "", "middle"))
    parts += [
        bar(left + 40, base + 34, 12, 12, "rest"),
        text(left + 60, base + 45, "each its own window"),
        bar(left + 240, base + 34, 12, 12, "good"),
        text(left + 260, base + 45, "one window for the host (the default)"),
    ]
    return picture(
        WIDTH,
        250,
        "Throughput and 429s by the number of processes, with windows of their own and with a shared one",
        parts,
    )
