import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

import { withoutDataAddresses } from "./scripts/addresses.ts";
import { chunkOf } from "./scripts/chunks.ts";
import { messages } from "./scripts/messages.ts";
import { worker } from "./scripts/worker.ts";

// `./teddy up --dev` runs this server in front of the API, which it names here.
const api = process.env["TEDDY_API"] ?? "http://127.0.0.1:8000";
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
    plugins: [svelte(), messages(), worker(), withoutDataAddresses()],
    server: {
        proxy: { "^/(api|health|metrics|ws)(?![^/?])": { target: api, ws: true } },
    },
    build: {
        target: "es2023",
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        assetsInlineLimit: 0, // the policy allows no data addresses
        rolldownOptions: {
            input: [here("index.html"), here("docs.html")],
            output: { codeSplitting: { groups: [{ name: chunkOf(here("src/main.ts")) }] } },
        },
    },
});
