// `npm run dev`: the built dashboard with scripted homes, without broker and portal.
import { scenarios } from './scenarios.mjs';
import { startServer } from './server.mjs';

const { url } = await startServer(Number(process.env.PORT ?? 8440));
console.log('Open one of these (the certificate is self-signed); Ctrl-C ends:');
for (const name of Object.keys(scenarios)) console.log(`  ${url}/start?${name}`);
