"""The same, as py-autotask's own documentation has it: query_all, which "queries all entities, automatically handling
pagination"."""

import json
import os

from py_autotask import AutotaskClient

client = AutotaskClient.create(
    username=os.environ["AUTOTASK_USERNAME"],
    integration_code=os.environ["AUTOTASK_INTEGRATION_CODE"],
    secret=os.environ["AUTOTASK_SECRET"],
    api_url=os.environ["AUTOTASK_URL"] + "/zone5/ATServicesRest",
)
counts = {}
for item in client.entities.configuration_items.query_all(
    filters={"op": "eq", "field": "isActive", "value": True},
    include_fields=["id", "companyID", "configurationItemType"],
):
    key = f"{item['companyID']}|{item['configurationItemType']}"
    counts[key] = counts.get(key, 0) + 1
print(json.dumps(counts))
