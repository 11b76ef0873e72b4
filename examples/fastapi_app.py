"""FastAPI: one client for the life of the app, a loader and a batcher for all handlers.

uvicorn fastapi_app:app
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request

from lemlist_async import Lemlist, LemlistError, NotFoundError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open what the handlers share; when the app ends, what waits is sent first."""
    async with Lemlist() as lemlist:
        signups = await lemlist.lists.find_or_create("Sign-ups")
        async with lemlist.contacts.loader() as loader, lemlist.lists.batcher(signups.id) as batcher:
            app.state.loader, app.state.batcher = loader, batcher
            yield


app = FastAPI(lifespan=lifespan)


@app.post("/signups/{email}")
async def sign_up(email: str, request: Request) -> dict[str, str]:
    """Add a contact to the list; a rush of visitors shares requests of 100 look-ups and 1,000 additions."""
    try:
        contact = await request.app.state.loader.get(email)
        await request.app.state.batcher.add(contact.id)
    except NotFoundError:
        raise HTTPException(404, "lemlist does not know this address.") from None
    except LemlistError:  # adding a contact again is safe
        raise HTTPException(503, "Please try again.") from None
    return {"id": contact.id}
