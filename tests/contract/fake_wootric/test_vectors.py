import pytest

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.data.timefmt import parse_ms
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import ManualClock, Probe, Receiver

pytest_plugins = ["nps_testing.sources.fixtures"]

KEY = "test-secret-0123456789abcdef"

RESPONSE_JSON = (
    '{"response":{"id":500001,"email":"ana@acme.example","external_id":"u-42","score":3,'
    '"text":%s,"ip_address":"203.0.113.9","origin_url":"https://app.example.com/home",'
    '"end_user_id":7001,"end_user_properties":{"company":"Acme Inc","pricing_plan":"Enterprise",'
    '"seats_amount":120},"survey_id":9001,"created_at":"2026-03-02T09:15:04.120-08:00",'
    '"updated_at":"%s","excluded_from_calculations":false},"event_name":"%s",'
    '"timestamp":"%s","account_token":"NPS-1a2b3c4d","survey_mode":"NPS"}'
)
DECLINE_JSON = (
    '{"decline":{"id":31007,"email":"bo@acme.example","external_id":null,'
    '"ip_address":"203.0.113.10","origin_url":"https://app.example.com/home",'
    '"end_user_id":7002,"end_user_properties":{"company":"Acme Inc"},"survey_id":9002,'
    '"created_at":"2026-03-02T09:20:00.511-08:00","updated_at":"2026-03-02T09:20:00.511-08:00"},'
    '"event_name":"created","timestamp":"2026-03-02T09:20:02.008-08:00",'
    '"account_token":"NPS-1a2b3c4d","survey_mode":"NPS"}'
)
RESPONSE_FORM = (
    "response%%5Bid%%5D=500001&response%%5Bemail%%5D=ana%%40acme.example"
    "&response%%5Bexternal_id%%5D=u-42&response%%5Bscore%%5D=3&response%%5Btext%%5D=%s"
    "&response%%5Bip_address%%5D=203.0.113.9"
    "&response%%5Borigin_url%%5D=https%%3A%%2F%%2Fapp.example.com%%2Fhome"
    "&response%%5Bend_user_id%%5D=7001"
    "&response%%5Bend_user_properties%%5D%%5Bcompany%%5D=Acme+Inc"
    "&response%%5Bend_user_properties%%5D%%5Bpricing_plan%%5D=Enterprise"
    "&response%%5Bend_user_properties%%5D%%5Bseats_amount%%5D=120"
    "&response%%5Bsurvey_id%%5D=9001&response%%5Bcreated_at%%5D=2026-03-02+09%%3A15%%3A04+-0800"
    "&response%%5Bupdated_at%%5D=2026-03-02+09%%3A15%%3A%s+-0800"
    "&response%%5Bexcluded_from_calculations%%5D=false&event_name=%s"
    "&timestamp=2026-03-02+09%%3A15%%3A%s+-0800&account_token=NPS-1a2b3c4d&survey_mode=NPS"
)
DECLINE_FORM = (
    "decline%5Bid%5D=31007&decline%5Bemail%5D=bo%40acme.example&decline%5Bexternal_id%5D="
    "&decline%5Bip_address%5D=203.0.113.10"
    "&decline%5Borigin_url%5D=https%3A%2F%2Fapp.example.com%2Fhome"
    "&decline%5Bend_user_id%5D=7002&decline%5Bend_user_properties%5D%5Bcompany%5D=Acme+Inc"
    "&decline%5Bsurvey_id%5D=9002&decline%5Bcreated_at%5D=2026-03-02+09%3A20%3A00+-0800"
    "&decline%5Bupdated_at%5D=2026-03-02+09%3A20%3A00+-0800&event_name=created"
    "&timestamp=2026-03-02+09%3A20%3A02+-0800&account_token=NPS-1a2b3c4d&survey_mode=NPS"
)
CREATED = ("2026-03-02T09:15:04.120-08:00", "created", "2026-03-02T09:15:06.402-08:00")
UPDATED = ("2026-03-02T09:15:41.877-08:00", "updated", "2026-03-02T09:15:43.015-08:00")
COMMENT = "Exports time out & support is slow"

VECTORS = {
    ("created", "json"): (
        RESPONSE_JSON % ("null", *CREATED),
        "91bfe89fd90bb24e6182bc3de63d26c95ff91b76",
    ),
    ("updated", "json"): (
        RESPONSE_JSON % (f'"{COMMENT}"', *UPDATED),
        "d4597b087d326953491fcaafcfac6922e7e5ab10",
    ),
    ("decline", "json"): (DECLINE_JSON, "5088d0c2edfb2c39e58e503b6bc653ef92f7cb90"),
    ("created", "form"): (
        RESPONSE_FORM % ("", "04", "created", "06"),
        "352957a5bef678bd4586f6102815e17bdc23510d",
    ),
    ("updated", "form"): (
        RESPONSE_FORM % ("Exports+time+out+%26+support+is+slow", "41", "updated", "43"),
        "cdbc10d6085768969a9d14a3b54332d14b476ed3",
    ),
    ("decline", "form"): (DECLINE_FORM, "fb8c89fb41649f7b1f29748da86f089c5c2936c1"),
}


def seed(fake: FakeWootric, event: str) -> tuple[int, str]:
    """Make the row of a vector, and give its id and the moment it is sent."""
    if event == "decline":
        fake.store.new_id("survey")
        new = NewRow(
            id=31007,
            end_user_id=7002,
            email="bo@acme.example",
            ip_address="203.0.113.10",
            properties={"company": "Acme Inc"},
            created_ms=parse_ms("2026-03-02T09:20:00.511-08:00"),
            visible_ms=0,
        )
        return fake.actions.decline(new).id, "2026-03-02T09:20:02.008-08:00"
    moment, _, sent = UPDATED if event == "updated" else CREATED
    made = fake.actions.answer(
        NewAnswer(
            score=3,
            text=COMMENT if event == "updated" else None,
            email="ana@acme.example",
            external_id="u-42",
            properties={"company": "Acme Inc", "pricing_plan": "Enterprise", "seats_amount": 120},
            created_ms=parse_ms(CREATED[0]),
            updated_ms=parse_ms(moment),
        )
    )
    return made.id, sent


@pytest.mark.parametrize(("event", "style"), VECTORS)
def test_delivery__equals_the_published_vector_byte_for_byte(
    wootric: FakeWootric,
    wootric_clock: ManualClock,
    probe: Probe,
    receiver: Receiver,
    event: str,
    style: str,
) -> None:
    body, signature = VECTORS[event, style]
    row_id, sent = seed(wootric, event)
    wootric_clock.now_s = (parse_ms(sent) + 0.5) / 1000
    order = {
        "ids": [row_id],
        "kind": "decline" if event == "decline" else "response",
        "event": "updated" if event == "updated" else "created",
        "url": receiver.url,
        "key": KEY,
        "format": style,
    }
    attempts = probe.admin("POST", "/webhooks", order).json()
    assert [attempt["status"] for attempt in attempts] == [200]
    (got,) = receiver.received
    assert got.body.decode() == body
    assert got.headers["x-wootric-signature"] == f"sha1={signature}"
    types = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
    assert got.headers["content-type"] == types[style]
    assert got.path == "/webhook?from=fake"
