const { run, there, apiKey } = require("./peer.cjs");
const { lemlist } = require("@activepieces/piece-lemlist");

const auth = { type: "SECRET_TEXT", secret_text: apiKey };
const { campaignId, leadId, email } = there;
const actions = lemlist.actions();
const triggers = lemlist.triggers();
const stored = new Map();
const store = {
  put: async (name, value) => stored.set(name, value) && value,
  get: async (name) => stored.get(name),
  delete: async (name) => stored.delete(name),
};
const hook = { auth, store, webhookUrl: "https://a.example" };

const act = (name, propsValue) => () => actions[name].run({ auth, propsValue });
const enable = (name) => () => triggers[name].onEnable(hook).then(() => "enabled");
const disable = (name) => () => triggers[name].onDisable(hook).then(() => "disabled");

run({
  chooseACampaign: async () => {
    const { options } = await actions.searchLead.props.campaignId.options({ auth });
    if (options.length === 0) throw new Error("no campaigns");
    return options;
  },
  addLeadToACampaign: act("addLeadToACampaign", { campaignId, email: "joe@acme.com", firstName: "Joe" }),
  searchLead: act("searchLead", { campaignId, email }),
  updateLeadFromCampaign: act("updateLeadFromCampaign", { campaignId, email, firstName: "J" }),
  addCustomVariablesOnLead: act("addCustomVariablesOnLead", { leadId, customVariables: { plan: "pro" } }),
  markLeadFromOneCampaignAsInterested: act("markLeadFromOneCampaignAsInterested", { campaignId, email }),
  markLeadFromOneCampaignAsNotInterested: act("markLeadFromOneCampaignAsNotInterested", { campaignId, email }),
  markLeadFromAllCampaignAsInterested: act("markLeadFromAllCampaignAsInterested", { email }),
  markLeadFromAllCampaignsAsNotInterested: act("markLeadFromAllCampaignsAsNotInterested", { email }),
  pauseLead: act("pauseLeadFromAllOrSpecificCampaigns", { email }),
  pauseLeadInACampaign: act("pauseLeadFromAllOrSpecificCampaigns", { campaignId, email }),
  resumeLead: act("resumeLeadFromAllOrSpecificCampaigns", { email }),
  unsubscribeALead: act("unsubscribeALead", { campaignId, email }),
  removeLeadFromUnsubscribeList: act("removeLeadFromUnsubscribeList", { email }),
  removeLeadFromACampaign: act("removeLeadFromACampaign", { campaignId, email }),
  enableNewActivity: enable("newActivity"),
  disableNewActivity: disable("newActivity"),
  enableUnsubscribedRecipient: enable("unsubscribedRecipient"),
  disableUnsubscribedRecipient: disable("unsubscribedRecipient"),
});
