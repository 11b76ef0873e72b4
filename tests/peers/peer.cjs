// Sends what is meant for lemlist to the sandbox, makes calls, and prints which of them worked.
const http = require("node:http");
const https = require("node:https");

const LEMLIST = "https://api.lemlist.com/api";
const SANDBOX = new URL(process.env.LEMLIST_BASE_URL);

exports.apiKey = process.env.LEMLIST_API_KEY;
exports.sandboxUrl = process.env.LEMLIST_BASE_URL;
exports.there = JSON.parse(process.env.THERE);

const request = https.request;
https.request = (options, ...rest) => {
  if (options.hostname !== new URL(LEMLIST).hostname) return request(options, ...rest);
  const target = { protocol: "http:", hostname: SANDBOX.hostname, host: SANDBOX.hostname, port: SANDBOX.port };
  return http.request({ ...options, ...target, agent: undefined }, ...rest);
};

const fetchAnywhere = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = String(input.url ?? input);
  if (!url.startsWith(LEMLIST)) return fetchAnywhere(input, init);
  const target = url.replace(LEMLIST, process.env.LEMLIST_BASE_URL);
  return fetchAnywhere(input.url ? new Request(target, input) : target, init);
};

// Make calls in their order, and print a line of JSON for each: its name, and the error, if there was one.
exports.run = async (calls) => {
  for (const [name, call] of Object.entries(calls)) {
    let error = null;
    try {
      const answer = await call();
      if (answer === undefined || answer === null) throw new Error("no answer");
    } catch (caught) {
      error = String(caught?.message ?? caught).slice(0, 500);
    }
    console.log(JSON.stringify({ name, error }));
  }
};
