const { run, there, apiKey } = require("./peer.cjs");
const { Lemlist } = require("n8n-nodes-base/dist/nodes/Lemlist/Lemlist.node.js");
const { LemlistTrigger } = require("n8n-nodes-base/dist/nodes/Lemlist/LemlistTrigger.node.js");

const node = new Lemlist().nodeVersions[2];
const { campaignId, leadId, email, enrichId } = there;
const authorization = `Basic ${Buffer.from(`:${apiKey}`).toString("base64")}`;

// What n8n's runtime lends to a node.
const helpers = {
  async requestWithAuthentication(_, { method, uri, qs = {}, body }) {
    const url = new URL(uri);
    for (const [name, value] of Object.entries(qs)) url.searchParams.set(name, value);
    const headers = { authorization, "content-type": "application/json" };
    const response = await fetch(String(url), { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text);
  },
  returnJsonArray: (found) => [found].flat().map((json) => ({ json })),
  constructExecutionMetaData: (found) => found,
};
const context = (parameters) => ({
  helpers,
  getInputData: () => [{}],
  getNodeParameter: (name) => parameters[name],
  continueOnFail: () => false,
});
const execute = (resource, operation, parameters) => () =>
  node.execute.call(context({ resource, operation, ...parameters }));

const kept = {};
const trigger = (name) => async () => {
  const self = {
    ...context({ options: { campaignId }, event: "emailsReplied" }),
    getNodeWebhookUrl: () => "https://n8n.example",
    getWorkflowStaticData: () => kept,
  };
  const done = await new LemlistTrigger().webhookMethods.default[name].call(self);
  if (done !== (name !== "checkExists")) throw new Error(`answered ${done}`);
  return done;
};
const flags = { findEmail: false, verifyEmail: false, linkedinEnrichment: true, findPhone: false };
const span = { startDate: "2020-01-01T00:00:00Z", endDate: "2100-01-01T00:00:00Z", timezone: "Europe/Paris" };

run({
  chooseACampaign: () => node.methods.loadOptions.getCampaigns.call(context({})),
  activities: execute("activity", "getAll", { returnAll: true, filters: {} }),
  someActivities: execute("activity", "getAll", { returnAll: false, limit: 5, filters: { campaignId } }),
  campaigns: execute("campaign", "getAll", { returnAll: true, filters: {} }),
  someCampaigns: execute("campaign", "getAll", { returnAll: false, limit: 5, filters: {} }),
  campaignStats: execute("campaign", "getStats", { campaignId, ...span }),
  createLead: execute("lead", "create", { campaignId, email: "joe@acme.com", additionalFields: { firstName: "Joe" } }),
  createLeadOnce: execute("lead", "create", { campaignId, email: "jim@acme.com", additionalFields: { deduplicate: true } }),
  getLead: execute("lead", "get", { email }),
  unsubscribeLead: execute("lead", "unsubscribe", { campaignId, email }),
  deleteLead: execute("lead", "delete", { campaignId, email: "joe@acme.com" }),
  team: execute("team", "get", {}),
  credits: execute("team", "getCredits", {}),
  addUnsubscribe: execute("unsubscribe", "add", { email: "gone@acme.com" }),
  unsubscribes: execute("unsubscribe", "getAll", { returnAll: true }),
  someUnsubscribes: execute("unsubscribe", "getAll", { returnAll: false, limit: 5 }),
  deleteUnsubscribe: execute("unsubscribe", "delete", { email: "gone@acme.com" }),
  getEnrichment: execute("enrich", "get", { enrichId }),
  enrichLead: execute("enrich", "enrichLead", { leadId, ...flags }),
  enrichPerson: execute("enrich", "enrichPerson", {
    ...flags,
    additionalFields: { linkedinUrl: "https://www.linkedin.com/in/jane" },
  }),
  triggerIsNotThere: trigger("checkExists"),
  triggerIsMade: trigger("create"),
  triggerIsDeleted: trigger("delete"),
});
