"""Answers of pydantic: validation, errors, validators in Python, JSON and its schema."""

from datetime import date

from pydantic import BaseModel, Field, ValidationError, field_validator


class Item(BaseModel):
    """A model with a validator that pydantic's core calls back."""

    name: str
    count: int = Field(ge=0)
    day: date = date(2026, 1, 1)
    parts: list["Item"] = []

    @field_validator("name")
    @classmethod
    def upper(cls, value):
        return value.upper()


def answer(seed):
    item = Item.model_validate(
        {"name": "a", "count": str(seed), "parts": [{"name": "b", "count": n} for n in range(9)]}
    )
    try:
        Item(name=3, count=-1)
    except ValidationError as error:
        errors = [(each["loc"], each["type"]) for each in error.errors()]
    return (
        item.model_dump_json(),
        Item.model_validate_json(item.model_dump_json()) == item,
        errors,
        Item.model_json_schema(),
    )
