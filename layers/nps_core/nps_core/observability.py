"""Logger and metrics of every function, in one place.

Log ids, counts and durations only: never an e-mail address, a name, a comment or a secret.
"""

from aws_lambda_powertools import Logger, Metrics

logger = Logger()
metrics = Metrics()
