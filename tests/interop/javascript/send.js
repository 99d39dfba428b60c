// Sends facts with kafkajs and the CloudEvents SDK for JavaScript: `node send.js BROKERS binary|structured < facts`.
const { CloudEvent, Kafka: Binding } = require("cloudevents");
const { Kafka, Partitioners, logLevel } = require("kafkajs");

async function send(brokers, mode) {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.ERROR });
  // kafkajs 2 has murmur2 as its default partitioner.
  const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (const line of require("fs").readFileSync(0, "utf8").trim().split("\n")) {
    const { key, data, ...attributes } = JSON.parse(line);
    const event = new CloudEvent({ ...attributes, datacontenttype: "application/json", partitionkey: key, data });
    const { headers, value } = mode === "binary" ? Binding.binary(event) : Binding.structured(event);
    // The SDK leaves the data of binary mode as an object, and attributes that are not there as undefined.
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const named = Object.fromEntries(Object.entries(headers).filter(([, said]) => said !== undefined));
    await producer.send({ topic: "crm.ingest", acks: -1, messages: [{ key, value: text, headers: named }] });
  }
  await producer.disconnect();
}

send(...process.argv.slice(2));
