"""Keep customers' location sheets, support tickets and the account store in step."""
