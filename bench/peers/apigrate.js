// The active configuration items of each company and type, as a user of @apigrate/autotask-restapi counts them: its query
// gives one page and leaves the next one to its user, who asks for the ids above the last one.
const { AutotaskRestApi } = require('@apigrate/autotask-restapi');

async function main() {
  const autotask = new AutotaskRestApi(process.env.AUTOTASK_USERNAME, process.env.AUTOTASK_SECRET, process.env.AUTOTASK_INTEGRATION_CODE, {
    base_url: process.env.AUTOTASK_URL + '/ATServicesRest/',
  });
  const counts = {};
  for (let last = 0; ; ) {
    const { items } = await autotask.ConfigurationItems.query({
      filter: [{ op: 'eq', field: 'isActive', value: true }, { op: 'gt', field: 'id', value: last }],
      includeFields: ['id', 'companyID', 'configurationItemType'],
      maxRecords: 500,
    });
    for (const item of items) {
      const key = `${item.companyID}|${item.configurationItemType}`;
      counts[key] = (counts[key] || 0) + 1;
      last = item.id;
    }
    if (items.length < 500) break;
  }
  console.log(JSON.stringify(counts));
}

main().catch((err) => {
  console.error(String(err));
  process.exit(1);
});
