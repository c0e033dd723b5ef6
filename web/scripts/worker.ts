/** Builds the service worker beside the app, with the list of the files that it keeps, as a Vite plugin. */
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { build, type Plugin, type Rolldown } from "vite";

interface Entry {
    readonly url: string;
    /** Null if the name has the hash of the content. */
    readonly revision: string | null;
}

type Bundle = Rolldown.OutputBundle;

const PAGE = "index.html";

export function worker(): Plugin {
    let root = "";
    let outDir = "";
    return {
        name: "worker",
        apply: "build",
        configResolved(config) {
            [root, outDir] = [config.root, resolve(config.root, config.build.outDir)];
        },
        async writeBundle(_, bundle) {
            const entries = [...shellOf(bundle), ...publicFiles(join(root, "public"))];
            await buildWorker(
                root,
                outDir,
                entries.toSorted((a, b) => (a.url < b.url ? -1 : 1)),
            );
        },
    };
}

/** The page, and every file that it can come to need: what other pages of the build need isn't part of the app. */
export function shellOf(bundle: Bundle): Entry[] {
    const page = String(contentOf(bundle[PAGE]));
    const found = new Set([PAGE]);
    const open = Object.keys(bundle).filter((name) => page.includes(`"/${name}"`));
    if (!open.some((name) => bundle[name]?.type === "chunk")) throw new Error(`${PAGE} loads no script`);
    for (let name = open.pop(); name; name = open.pop()) {
        const file = bundle[name];
        if (found.has(name) || !file) continue;
        found.add(name);
        if (file.type !== "chunk") continue;
        open.push(...file.imports, ...file.dynamicImports);
        for (const style of file.viteMetadata?.importedCss ?? []) found.add(style);
        for (const asset of file.viteMetadata?.importedAssets ?? []) found.add(asset);
    }
    for (const name of Object.keys(bundle)) if (name.endsWith(".woff2")) found.add(name);
    return [...found].map((name) => entryOf(name, contentOf(bundle[name])));
}

function contentOf(file: Bundle[string] | undefined): string | Uint8Array {
    if (!file) throw new Error("the build lacks a file that the page needs");
    return file.type === "chunk" ? file.code : file.source;
}

function publicFiles(folder: string): Entry[] {
    return globSync("**/*.*", { cwd: folder }).map((name) => entryOf(name, readFileSync(join(folder, name))));
}

function entryOf(name: string, content: string | Uint8Array): Entry {
    const hashed = name.startsWith("assets/");
    const revision = hashed ? null : createHash("sha256").update(content).digest("hex").slice(0, 16);
    return { url: `/${name}`, revision };
}

async function buildWorker(root: string, outDir: string, entries: readonly Entry[]): Promise<void> {
    await build({
        configFile: false,
        root,
        logLevel: "warn",
        publicDir: false,
        define: { SHELL_FILES: JSON.stringify(entries), "process.env.NODE_ENV": '"production"' },
        build: {
            outDir,
            emptyOutDir: false,
            target: "es2023",
            reportCompressedSize: false,
            rolldownOptions: {
                input: join(root, "src", "worker.ts"),
                output: { format: "iife", entryFileNames: "sw.js" },
            },
        },
    });
}
