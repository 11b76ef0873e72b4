import { createRequire } from "node:module";

const { run, there, apiKey } = createRequire(import.meta.url)("./peer.cjs");
const { default: app } = await import("@pipedream/lemlist");

const { campaignId, email } = there;
const campaign = { campaignId: { value: campaignId, label: "Q4" }, email, campaignEmail: email };
const lemlist = { ...app.methods, $auth: { api_key: apiKey } };
const methods = { lemlist };

// A component's properties become its own fields, as in Pipedream's runtime.
const load = async (kind, name) => (await import(`@pipedream/lemlist/${kind}/${name}/${name}.mjs`)).default;
const act = (name, properties) => async () => {
  const action = await load("actions", name);
  const said = [];
  const $ = { export: (_, text) => said.push(text) };
  const answer = await action.run.call({ ...action.methods, ...methods, ...properties }, { $ });
  return answer ?? said[0];
};
const source = (name, hook) => async () => {
  const component = await load("sources", name);
  const emitted = [];
  const self = { ...component.methods, ...methods, http: { endpoint: "https://a.example" }, $emit: (one) => emitted.push(one) };
  self.db = { get: () => there.hookId, set: () => undefined };
  await component.hooks[hook].call(self);
  return emitted;
};

await run({
  chooseACampaign: () => app.propDefinitions.campaignId.options.call(lemlist, { page: 0 }),
  addLeadToCampaign: act("add-lead-to-campaign", { ...campaign, email: "joe@acme.com" }),
  chooseALead: async () => {
    const leads = await app.propDefinitions.campaignEmail.options.call(lemlist, { campaignId });
    if (leads.length === 0) throw new Error("no leads");
    return leads;
  },
  getLead: act("get-lead", { email }),
  listCampaignIdOptions: act("list-campaign-id-options", { page: 0 }),
  updateLead: act("update-lead-in-a-campaign", { ...campaign, firstName: "J" }),
  markInterestedInOne: act("mark-lead-from-one-campaigns-as-interested", campaign),
  markNotInterestedInOne: act("mark-lead-from-one-campaigns-as-notinterested", campaign),
  markInterestedInAll: act("mark-lead-from-all-campaigns-as-interested", { email }),
  markNotInterestedInAll: act("mark-lead-from-all-campaigns-as-notinterested", { email }),
  pauseLead: act("pause-lead-from-all-campaigns", { email }),
  resumeLead: act("resume-lead-from-all-campaigns", { email }),
  addUnsubscribe: act("add-email-in-unsubscribes", { email: "gone@acme.com" }),
  deleteUnsubscribe: act("delete-email-from-unsubscribes", { email: "gone@acme.com" }),
  unsubscribeLead: act("unsubscribe-lead-from-a-campaign", campaign),
  deleteLead: act("delete-lead-from-a-campaign", campaign),
  newActivityDeploys: source("new-activity", "deploy"),
  newActivityActivates: async () => (await source("new-activity", "activate")(), "activated"),
  unsubscribedRecipientActivates: async () => (await source("unsubscribed-recipient", "activate")(), "activated"),
  newActivityDeactivates: async () => (await source("new-activity", "deactivate")(), "deactivated"),
});
