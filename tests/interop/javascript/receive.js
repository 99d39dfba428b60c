// Reads events with kafkajs and the CloudEvents SDK for JavaScript: `node receive.js BROKERS TOPIC COUNT` prints one a line.
const { Kafka: Binding } = require("cloudevents");
const { Kafka, logLevel } = require("kafkajs");

async function receive(brokers, topic, count) {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: `interop-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const last = new Map(); // the number of each partition that was taken last
  const all = new Promise((resolve) => {
    consumer.run({
      eachMessage: async ({ partition, message }) => {
        const headers = Object.fromEntries(Object.entries(message.headers).map(([name, said]) => [name, String(said)]));
        const event = Binding.toEvent({ headers, key: String(message.key), value: String(message.value) });
        const sequence = BigInt(event.sequence);
        if (count === 0 || sequence <= (last.get(partition) ?? 0n)) return; // sent a second time
        last.set(partition, sequence);
        const { id, type, data } = event;
        const line = { partition, key: String(message.key), id, type, sequence: Number(sequence), data };
        console.log(JSON.stringify(line));
        if (--count === 0) resolve();
      },
    });
  });
  await all;
  await consumer.disconnect();
}

receive(process.argv[2], process.argv[3], Number(process.argv[4]));
