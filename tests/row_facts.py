"""What the tests of rows ask of rows."""


def emails(rows):
    return [row.contact.email if row.contact else None for row in rows]


def reasons(rows):
    return {row.number: row.reason for row in rows if row.contact is None}


async def taken(rows):
    return [row async for row in rows]
