// @google/genai as a program: one question, one answer, with a timeout that is none of the answer's business. `genai-once.mjs PROMPT`
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// The programs of a client's packages stand in its PATH, the packages beside them.
const folders = process.env.PATH.split(':').map((one) => join(one, '..', '@google/genai/dist/node/index.mjs'));
const { GoogleGenAI } = await import(pathToFileURL(folders.find((one) => existsSync(one))).href);
const client = new GoogleGenAI({ apiKey: process.env.KEY, httpOptions: { baseUrl: process.env.BASE_URL, timeout: 30000 } });
const answer = await client.models.generateContent({ model: process.env.MODEL, contents: process.argv[2] });
process.stdout.write(answer.text);
