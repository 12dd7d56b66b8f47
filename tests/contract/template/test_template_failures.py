"""Every failure reaches a queue or bucket, and raises an alarm."""

import json
from typing import Any

import pytest

from nps_testing.template import TEMPLATE, load_template, resources

LOADED = load_template()
FUNCTIONS = resources(LOADED, "AWS::Serverless::Function")
ROLES = resources(LOADED, "AWS::IAM::Role")
QUEUES = resources(LOADED, "AWS::SQS::Queue")
ALARMS = resources(LOADED, "AWS::CloudWatch::Alarm")
FOURTEEN_DAYS = 14 * 24 * 3600


def events(type_: str) -> dict[str, dict[str, Any]]:
    """Properties of every event of a type, by function."""
    return {
        name: event["Properties"]
        for name, function in FUNCTIONS.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == type_
    }


def granted(function: str, action: str) -> list[Any]:
    """Resources on which the role of a function may do one action."""
    role = ROLES[function.removesuffix("Function") + "Role"]
    return [
        statement["Resource"]
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == action
    ]


def test_api__is_one_throttled_route() -> None:
    (route,) = resources(LOADED, "AWS::ApiGatewayV2::Route").values()
    (stage,) = resources(LOADED, "AWS::ApiGatewayV2::Stage").values()
    assert route["RouteKey"] == "POST /webhook"
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": 20,
        "ThrottlingBurstLimit": 50,
    }


def test_stream__has_exactly_two_readers() -> None:
    assert set(events("DynamoDB")) == {"RollupFunction", "NotifyFunction"}


@pytest.mark.parametrize("name", events("DynamoDB"))
def test_stream_mapping__isolates_a_bad_record_and_keeps_it(name: str) -> None:
    mapping = events("DynamoDB")[name]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["ParallelizationFactor"] == 1
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == -1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MetricsConfig"] == {"Metrics": ["EventCount"]}
    assert mapping["DestinationConfig"]["OnFailure"] == {
        "Type": "S3",
        "Destination": {"Fn::GetAtt": ["FailedBatches", "Arn"]},
    }
    age_h = mapping["MaximumRecordAgeInSeconds"] / 3_600
    assert 12 <= age_h <= 20, "an outage of hours needs nobody; the stream forgets after 24 h"
    assert granted(name, "s3:PutObject") == [{"Fn::Sub": "${FailedBatches.Arn}/aws/lambda/*"}]
    assert granted(name, "s3:ListBucket") == [{"Fn::GetAtt": ["FailedBatches", "Arn"]}]


def test_schedules__run_the_two_ticks_and_can_be_stopped() -> None:
    ticks = events("ScheduleV2")
    assert {name: tick["ScheduleExpression"] for name, tick in ticks.items()} == {
        "SyncFunction": "rate(5 minutes)",
        "DeliverFunction": "rate(1 minute)",
    }
    for name, tick in ticks.items():
        assert json.loads(tick["Input"]) == {"schedule": name.removesuffix("Function").lower()}
        assert tick["State"] == {"Ref": "SchedulesState"}


@pytest.mark.parametrize("name", events("ScheduleV2"))
def test_tick__that_fails_is_kept_and_not_repeated(name: str) -> None:
    tick = events("ScheduleV2")[name]
    assert tick["RetryPolicy"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300}
    assert tick["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["SchedulesDlq", "Arn"]}}
    invoke = FUNCTIONS[name]["EventInvokeConfig"]
    assert invoke["MaximumRetryAttempts"] == 0
    assert invoke["MaximumEventAgeInSeconds"] == 240
    failures = {"Fn::GetAtt": ["AsyncFailures", "Arn"]}
    assert invoke["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": failures}
    assert granted(name, "sqs:SendMessage") == [failures]


@pytest.mark.parametrize("name", events("SQS"))
def test_queue__waits_longer_than_its_reader_can_take(name: str) -> None:
    mapping = events("SQS")[name]
    queue = QUEUES[mapping["Queue"]["Fn::GetAtt"][0]]
    assert queue["VisibilityTimeout"] >= 6 * FUNCTIONS[name]["Timeout"]
    hours = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] / 3_600
    assert hours == 24, "an outage of hours needs nobody"
    assert queue["RedrivePolicy"]["maxReceiveCount"] <= 1_000, "the most that SQS accepts"
    assert queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] in QUEUES
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", QUEUES)
def test_queue__is_encrypted_and_keeps_messages_as_long_as_sqs_can(name: str) -> None:
    assert QUEUES[name]["SqsManagedSseEnabled"] is True
    assert QUEUES[name]["MessageRetentionPeriod"] == FOURTEEN_DAYS


@pytest.mark.parametrize(
    "name", [name for name, queue in QUEUES.items() if "RedrivePolicy" not in queue]
)
def test_dead_letter_queue__rings_at_the_first_message(name: str) -> None:
    depth = [
        alarm
        for alarm in ALARMS.values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        and alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": [name, "QueueName"]}
    ]
    assert [alarm["Threshold"] for alarm in depth] == [1]


@pytest.mark.parametrize("name", ALARMS)
def test_alarm__tells_somebody_when_an_address_is_set(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == {
        "Fn::If": ["HasAlarmAddress", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]
    }
    assert ALARMS[name]["AlarmDescription"]


@pytest.mark.parametrize("name", ["SyncLagAlarm", "DeliverSilentAlarm"])
def test_heartbeat_alarm__treats_silence_as_failure(name: str) -> None:
    assert ALARMS[name]["TreatMissingData"] == "breaching"
    assert ALARMS[name]["ActionsEnabled"] == {"Fn::If": ["SchedulesEnabled", True, False]}


def test_sync_lag__covers_the_longest_run_before_it_rings() -> None:
    alarm = ALARMS["SyncLagAlarm"]
    covered = alarm["Period"] * alarm["EvaluationPeriods"]
    assert covered > FUNCTIONS["SyncFunction"]["Timeout"]


def custom_metrics() -> set[tuple[str, str]]:
    """(service, metric) of every custom metric that an alarm or the dashboard shows."""
    shown = {
        (alarm["Dimensions"][0]["Value"], alarm["MetricName"])
        for alarm in ALARMS.values()
        if alarm["Namespace"] == "NpsLoop"
    }
    (dashboard,) = resources(LOADED, "AWS::CloudWatch::Dashboard").values()
    for widget in json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]:
        for namespace, metric, _, value in widget["properties"]["metrics"]:
            if namespace == "NpsLoop":
                shown.add((value, metric))
    return shown


def sources(service: str) -> str:
    """Source text that a service's handler can run: its package without the other handlers."""
    handlers = {
        name: TEMPLATE.parent / "functions" / f"{handler.replace('.', '/')}.py"
        for name, function in FUNCTIONS.items()
        for handler in [function["Handler"].rpartition(".")[0]]
    }
    own = handlers.pop(f"{service.capitalize()}Function")
    modules = set(own.parent.rglob("*.py")) - set(handlers.values())
    return "".join(path.read_text() for path in modules)


@pytest.mark.parametrize(("service", "metric"), sorted(custom_metrics()))
def test_custom_metric__that_an_alarm_or_the_dashboard_shows_is_emitted(
    service: str, metric: str
) -> None:
    assert f'"{metric}"' in sources(service)
