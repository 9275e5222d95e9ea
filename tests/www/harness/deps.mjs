// npm packages live in www/node_modules, where node does not look from here.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../www/package.json', import.meta.url));

export const { WebSocketServer } = require('ws');
export const { chromium } = require('playwright-core');
export const axeSource = require('axe-core').source;
