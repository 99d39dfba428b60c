// Posts facts with the CloudEvents SDK for JavaScript: `node post.js URL binary|structured|batch < facts`.
// Prints the status of each fact, in their order.
const { CloudEvent, HTTP } = require("cloudevents");

async function post(url, mode) {
  const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
  const events = lines.map((line) => {
    const { key, data, ...attributes } = JSON.parse(line);
    return new CloudEvent({ ...attributes, datacontenttype: "application/json", partitionkey: key, data });
  });
  const send = async ({ headers, body }) => {
    const answer = await fetch(url, { method: "POST", headers, body });
    for (const { status } of (await answer.json()).results) console.log(status);
  };
  if (mode === "batch") {
    // The SDK reads batches and writes none; a batch is a list of what it writes in structured mode.
    const body = `[${events.map((event) => HTTP.structured(event).body).join(",")}]`;
    await send({ headers: { "content-type": "application/cloudevents-batch+json" }, body });
    return;
  }
  for (const event of events) await send(mode === "binary" ? HTTP.binary(event) : HTTP.structured(event));
}

post(...process.argv.slice(2));
