"""The environment that template.yaml gives the functions, with values for tests."""

TOKEN = "NPS-1a2b3c4d"
RESPONSES_TABLE = "responses"
STATE_TABLE = "state"
WEBHOOK_KEY = "test-secret-0123456789abcdef"

AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}

FUNCTION = {
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "NpsLoop",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "RESPONSES_TABLE": RESPONSES_TABLE,
    "STATE_TABLE": STATE_TABLE,
    "SECRET_ARN": "wootric",
    "INBOX_QUEUE_URL": "",
    "WOOTRIC_ACCOUNT_TOKEN": TOKEN,
    "WOOTRIC_API_URL": "",
    "WOOTRIC_METRIC": "NPS",
    "REQUESTS_PER_MINUTE": "80",
    "WOOTRIC_TIME_ZONE": "America/Los_Angeles",
    "BACKFILL_DAYS": "180",
    "OVERLAP_MINUTES": "15",
    "ROUND_HOURS": "4",
    "WINDOW_DAYS": "180",
    "SETTLE_SECONDS": "120",
    "ACCOUNT_PROPERTIES": "company_id,company",
    "ACCOUNT_NAME_PROPERTY": "company",
    "OWNER_PROPERTY": "csm_email",
    "FALLBACK_OWNER": "cs-team@example.com",
    "RECIPIENT_DOMAINS": "",
    "SENDER": "nps@example.com",
    "CONFIGURATION_SET": "nps-loop",
    "ADMIN_ADDRESS": "",
}
