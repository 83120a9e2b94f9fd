"""The active configuration items of each company and type, as autotask-client's own documentation has it:
EntityManager.query, whose pages follow each other by id. It takes no fields to limit the rows to, and keeps all of them."""

import asyncio
import json
import os

from autotask.client import AutotaskClient
from autotask.config import AutotaskConfig
from autotask.entities.manager import EntityManager
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
        for item in await EntityManager(client).query("ConfigurationItems", Q(isActive=True)):
            key = f"{item['companyID']}|{item['configurationItemType']}"
            counts[key] = counts.get(key, 0) + 1
    print(json.dumps(counts))


asyncio.run(main())
