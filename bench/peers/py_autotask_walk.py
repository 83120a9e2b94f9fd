"""The active configuration items of each company and type, counted with py-autotask's query: one page a call, and the next
one by asking for the ids above the last one, since what pages by itself (query_all) stops early."""

import json
import os

from py_autotask import AutotaskClient

client = AutotaskClient.create(
    username=os.environ["AUTOTASK_USERNAME"],
    integration_code=os.environ["AUTOTASK_INTEGRATION_CODE"],
    secret=os.environ["AUTOTASK_SECRET"],
    api_url=os.environ["AUTOTASK_URL"] + "/zone5/ATServicesRest",
)
counts, last = {}, 0
while True:
    page = client.query(
        "ConfigurationItems",
        filters=[{"op": "eq", "field": "isActive", "value": True}, {"op": "gt", "field": "id", "value": last}],
        include_fields=["id", "companyID", "configurationItemType"],
        max_records=500,
    )
    for item in page.items:
        key = f"{item['companyID']}|{item['configurationItemType']}"
        counts[key] = counts.get(key, 0) + 1
        last = item["id"]
    if len(page.items) < 500:
        break
print(json.dumps(counts))
