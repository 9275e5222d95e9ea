// MQTT.js, what most pages and many tools are made of, against a running broker: over TLS and wss, in 3.1.1 and 5.0.
// Prints a line for each scenario; ends with 1 if one failed. interop_npm_test.py starts it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { OWB_NPM, OWB_CA, OWB_TLS, OWB_WSS, OWB_USER, OWB_PASS } = process.env;
const mqtt = createRequire(`${OWB_NPM}/package.json`)('mqtt');
const ca = readFileSync(OWB_CA);
const count = 50;
const seconds = 20 * Number(process.env.OWB_TEST_SLOWNESS ?? 1);

function within(promise, what) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not in ${seconds} s: ${what}`)), seconds * 1000).unref();
  });
  return Promise.race([promise, late]);
}

/** Connects as the owner; `heard` collects what arrives as "topic payload qos". */
async function join(url, version, clientId, options = {}) {
  const client = mqtt.connect(url, {
    ca, protocolVersion: version, clientId, username: OWB_USER, password: OWB_PASS, keepalive: 30,
    reconnectPeriod: 100, clean: true, ...options,
  });
  client.heard = [];
  client.on('message', (topic, payload, packet) => client.heard.push(`${topic} ${payload} ${packet.qos}`));
  await within(new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('error', reject);
  }), `${clientId} to connect`);
  return client;
}

function hears(client, wanted) {
  const check = async () => {
    while (client.heard.length < wanted) {
      await new Promise((resolve) => client.once('message', resolve));
    }
  };
  return within(check(), `${wanted} messages, ${client.options.clientId} has ${client.heard.length}`);
}

const kept = (version) =>
  version === 5 ? { clean: false, properties: { sessionExpiryInterval: 3600 } } : { clean: false };
const numbers = Array.from({ length: count }, (_, number) => number);

const scenarios = {
  async 'each QoS arrives in order'(url, version, name) {
    const client = await join(url, version, name);
    await client.subscribeAsync(`alice/${name}/#`, { qos: 2 });
    await within(Promise.all(numbers.flatMap((number) => [0, 1, 2].map((qos) =>
      client.publishAsync(`alice/${name}/${qos}`, String(number), { qos })))), 'acknowledgements');
    await hears(client, 3 * count);
    for (const qos of [0, 1, 2]) {
      const topic = `alice/${name}/${qos}`;
      assert.deepEqual(client.heard.filter((line) => line.startsWith(topic)),
        numbers.map((number) => `${topic} ${number} ${qos}`));
    }
    await client.endAsync();
  },

  async 'QoS 2 from a client whose link breaks arrives once and in order'(url, version, name) {
    const reader = await join(url, version, `${name}-reader`);
    await reader.subscribeAsync(`alice/${name}`, { qos: 2 });
    const writer = await join(url, version, name, kept(version));
    const acknowledged = numbers.map((number) => {
      if (number === 10 || number === 30) setImmediate(() => writer.stream.destroy());
      return writer.publishAsync(`alice/${name}`, String(number), { qos: 2 });
    });
    await within(Promise.all(acknowledged), 'acknowledgements');
    await writer.publishAsync(`alice/${name}`, 'end', { qos: 2 });
    await hears(reader, count + 1);
    assert.deepEqual(reader.heard, [...numbers, 'end'].map((payload) => `alice/${name} ${payload} 2`));
    await Promise.all([reader.endAsync(), writer.endAsync()]);
  },

  async 'QoS 2 to a client whose link breaks arrives once and in order'(url, version, name) {
    const writer = await join(url, version, `${name}-writer`);
    const reader = await join(url, version, name, kept(version));
    await reader.subscribeAsync(`alice/${name}`, { qos: 2 });
    let reconnected = 0;
    reader.on('connect', () => { reconnected += 1; });
    reader.on('message', () => {
      if (reader.heard.length === 10 || reader.heard.length === 30) reader.stream.destroy();
    });
    await within(Promise.all([...numbers, 'end'].map((payload) =>
      writer.publishAsync(`alice/${name}`, String(payload), { qos: 2 }))), 'acknowledgements');
    await hears(reader, count + 1);
    assert.deepEqual(reader.heard, [...numbers, 'end'].map((payload) => `alice/${name} ${payload} 2`));
    assert.equal(reconnected, 2);
    await Promise.all([reader.endAsync(), writer.endAsync()]);
  },

  async 'MQTT Explorer: # and $SYS/# with a long client id'(url, version, name) {
    const tool = await join(url, version, `mqtt-explorer-${name}-${'0123456789abcdef'.repeat(40)}`);
    const granted = await tool.subscribeAsync({ '#': { qos: 0 }, '$SYS/#': { qos: 0 } });
    assert.deepEqual(granted.map(({ topic, qos }) => [topic, qos]), [['#', 0], ['$SYS/#', 0]]);
    await tool.publishAsync('alice/explorer/end', 'end', { qos: 1 });
    while (!tool.heard.includes('alice/explorer/end end 0')) await hears(tool, tool.heard.length + 1);
    assert.ok(tool.heard.includes('alice/openWB/evu/W 1234 0'), tool.heard.join('\n'));
    assert.deepEqual(tool.heard.filter((line) => !line.startsWith('alice/')), []);
    await tool.endAsync();
  },

  async 'a wrong password is told'(url, version, name) {
    await assert.rejects(join(url, version, name, { password: 'wrong', reconnectPeriod: 0 }),
      (error) => error.code === (version === 5 ? 0x86 : 5) || assert.fail(`${error} ${error.code}`));
  },
};

let failed = 0;
const runs = [];
for (const [way, url] of Object.entries({ tls: OWB_TLS, wss: OWB_WSS })) {
  for (const version of [4, 5]) {
    Object.entries(scenarios).forEach(([what, scenario], index) => {
      const run = scenario(url, version, `js-${way}-${version}-${index}`).then(
        () => console.log(`ok: ${what} (${way}, ${version})`),
        (error) => {
          failed += 1;
          console.log(`FAILED: ${what} (${way}, ${version}): ${error.stack}`);
        });
      runs.push(run);
    });
  }
}
await Promise.all(runs);
process.exit(failed > 0 ? 1 : 0);
