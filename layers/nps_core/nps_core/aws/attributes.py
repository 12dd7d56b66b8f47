"""DynamoDB's typed attribute values and back.

Own code instead of `boto3.dynamodb.types`, because importing boto3 loads its S3 transfer manager:
150 of 370 ms of a cold start, for code that no function uses (see bench/imports.py).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def write(value: Any) -> dict[str, Any]:
    """Turn a plain value into DynamoDB's typed form.

    Raises:
        TypeError: for a float, which DynamoDB would change, and for any type that DynamoDB lacks.
    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list() | tuple():
            return {"L": [write(item) for item in value]}
        case Mapping():
            return {"M": {str(name): write(item) for name, item in value.items()}}
    raise TypeError(f"DynamoDB cannot store a {type(value).__name__}")


def read(typed: Mapping[str, Any]) -> Any:
    """Inverse of `write`: whole numbers as int, others as Decimal, sets as sorted lists.

    A float could not be written again, and fields of another version have to be.
    """
    ((kind, value),) = typed.items()
    match kind:
        case "S" | "BOOL" | "B":
            return value
        case "N":
            return _number(value)
        case "NULL":
            return None
        case "L":
            return [read(item) for item in value]
        case "M":
            return {name: read(item) for name, item in value.items()}
        case "SS" | "BS":
            return sorted(value)
        case "NS":
            return sorted(_number(item) for item in value)
    raise TypeError(f"DynamoDB has no type {kind}")


def _number(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        exact = Decimal(text)
        return int(exact) if exact == exact.to_integral_value() else exact
