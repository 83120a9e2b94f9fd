"""The same with autotask-client's query_all, which says how many pages it reads at most: 200, unless told otherwise."""

import asyncio
import json
import os

from autotask.client import AutotaskClient
from autotask.config import AutotaskConfig
from autotask.query import Q


async def main():
    config = AutotaskConfig(
        username=os.environ["AUTOTASK_USERNAME"],
        secret=os.environ["AUTOTASK_SECRET"],
        integration_code=os.environ["AUTOTASK_INTEGRATION_CODE"],
        api_url=os.environ["AUTOTASK_URL"] + "/zone5",
    )
    counts = {}
    async with AutotaskClient(config) as client:
        for item in await client.query_all("ConfigurationItems", Q(isActive=True).to_filter(), max_pages=1_000_000):
            key = f"{item['companyID']}|{item['configurationItemType']}"
            counts[key] = counts.get(key, 0) + 1
    print(json.dumps(counts))


asyncio.run(main())
