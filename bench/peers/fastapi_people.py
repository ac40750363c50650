import base64
import json
import uuid
from datetime import datetime
from typing import Literal, Optional

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

Role = Literal["viewer", "operator", "admin", "owner"]

router = APIRouter()


class Person(BaseModel):
    id: uuid.UUID
    email: str
    name: str
    role: Role
    status: Literal["active", "suspended"]
    suspendedReason: Optional[str]
    createdAt: datetime
    updatedAt: datetime
    lastSeenAt: Optional[datetime]


class PersonPage(BaseModel):
    items: list[Person]
    nextCursor: Optional[str]


COLUMNS = """id, email, name, role, CASE WHEN suspended_at IS NULL THEN 'active' ELSE 'suspended' END AS status,
  suspended_reason AS "suspendedReason", created_at AS "createdAt", updated_at AS "updatedAt", last_seen_at AS "lastSeenAt\""""
FIRST = f"SELECT {COLUMNS} FROM bench_people ORDER BY created_at DESC, id DESC LIMIT $1"
AFTER = f"""SELECT {COLUMNS} FROM bench_people WHERE (created_at, id) < ($2, $3)
  ORDER BY created_at DESC, id DESC LIMIT $1"""


@router.get("/people", response_model=PersonPage)
async def list_people(
    request: Request, limit: int = Query(50, ge=1, le=200), cursor: Optional[str] = Query(None, max_length=512)
) -> dict[str, object]:
    pool = request.app.state.pool
    if cursor is None:
        rows = await pool.fetch(FIRST, limit + 1)
    else:
        _, at, last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        rows = await pool.fetch(AFTER, limit + 1, datetime.fromisoformat(at), uuid.UUID(last))
    items = [dict(row) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        last = items[-1]
        keys = json.dumps(["users.list", last["createdAt"].isoformat(), str(last["id"])])
        following = base64.urlsafe_b64encode(keys.encode()).rstrip(b"=").decode()
    return {"items": items, "nextCursor": following}


class NewPerson(BaseModel):
    email: str = Field(max_length=254, regex=r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$")
    name: str = Field(min_length=1, max_length=120)
    role: Role = "viewer"


class NewPeople(BaseModel):
    users: list[NewPerson] = Field(min_items=1, max_items=10_000)


class Created(BaseModel):
    created: int
    ids: list[uuid.UUID]


INSERT = "INSERT INTO bench_people (id, email, name, role) VALUES ($1, $2, $3, $4)"


@router.post("/people/bulk", response_model=Created)
async def create_people(
    request: Request, body: NewPeople, how: Literal["loop", "executemany"] = "loop"
) -> dict[str, object]:
    rows = [(uuid.uuid4(), person.email.lower(), person.name, person.role) for person in body.users]
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        if how == "executemany":
            await connection.executemany(INSERT, rows)
        else:
            for row in rows:
                await connection.execute(INSERT, *row)
    return {"created": len(rows), "ids": [row[0] for row in rows]}
