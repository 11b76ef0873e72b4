const { run, there, apiKey, sandboxUrl } = require("./peer.cjs");
const { LemListAPI } = require("lemlist-sdk");

const api = new LemListAPI(apiKey, { baseUrl: sandboxUrl });
const span = { startDate: new Date("2020-01-01"), endDate: new Date("2100-01-01") };
const { campaignId, leadId, userId, hookId, exportId } = there;

// The client does not throw: it returns what went wrong.
const made = (promise) => async () => {
  const result = await promise();
  if (!result.success) throw result.error;
  return result.data;
};

run({
  getCampaigns: made(() => api.getCampaigns()),
  getCampaignsOfAPage: made(() => api.getCampaigns({ limit: 10, page: 1, status: "running" })),
  getCampaign: made(() => api.getCampaign(campaignId)),
  updateCampaign: made(() => api.updateCampaign(campaignId, { name: "Q1", stopOnEmailReplied: true })),
  pauseCampaign: made(() => api.pauseCampaign(campaignId)),
  createCampaign: made(() => api.createCampaign({ name: "Q2" })),
  getCampaignStats: made(() => api.getCampaignStats(campaignId, span)),
  startCampaignExport: made(() => api.startCampaignExport(campaignId)),
  getCampaignExportStatus: made(() => api.getCampaignExportStatus(campaignId, exportId)),
  setExportEmail: made(() => api.setExportEmail(campaignId, exportId, "olivia@acme.com")),
  getCampaignReports: made(() => api.getCampaignReports({ campaignIds: [campaignId] })),
  getTeam: made(() => api.getTeam()),
  getTeamSenders: made(() => api.getTeamSenders()),
  getTeamCredits: made(() => api.getTeamCredits()),
  getUser: made(() => api.getUser(userId)),
  getWebhooks: made(() => api.getWebhooks()),
  createWebhook: made(() => api.createWebhook({ targetUrl: "https://a.example", type: "emailsSent" })),
  deleteWebhook: made(() => api.deleteWebhook(hookId)),
  getLead: made(() => api.getLead({ id: leadId })),
  pauseLead: made(() => api.pauseLead(leadId)),
  pauseLeadInACampaign: made(() => api.pauseLead(leadId, campaignId)),
});
