/** Which texts the app needs at first, and which come with the parts that are loaded later: found in the source itself. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Imports that a module can't do without: neither types nor `import()`. */
const STATIC = /^\s*(?:import|export)\s(?!type\b)(?:[^;"'`]*?\bfrom\s*)?["'](\.[^"']+\.(?:ts|svelte))["']/gm;
const LITERAL = /(["'`])([\w.=-]+)\1/g;
const TEMPLATE = /`([^`\n]*\$\{[^`\n]*)`/g;

interface Module {
    readonly imports: readonly string[];
    readonly keys: ReadonlySet<string>;
}

export class Usage {
    readonly #keys: readonly string[];
    readonly #known: ReadonlySet<string>;
    readonly #modules = new Map<string, Module>();
    /** The keys that can be shown before anything is loaded by `import()`. */
    readonly first: ReadonlySet<string>;

    /** `entry` is the path of the app's first module; `keys` are all that there are. */
    constructor(entry: string, keys: readonly string[]) {
        this.#keys = keys;
        this.#known = new Set(keys);
        this.first = this.#keysOf(entry);
    }

    /** The keys that a module which is loaded later brings along, without the first ones. */
    later(path: string): string[] {
        return [...this.#keysOf(path)].filter((key) => !this.first.has(key));
    }

    /** The keys in a module and in all that it imports. */
    #keysOf(path: string): ReadonlySet<string> {
        const reached = new Set([path]);
        const keys = new Set<string>();
        for (const one of reached) {
            const module = this.#module(one);
            for (const next of module.imports) reached.add(next);
            for (const key of module.keys) keys.add(key);
        }
        return keys;
    }

    #module(path: string): Module {
        let module = this.#modules.get(path);
        if (!module) {
            const text = readFileSync(path, "utf8");
            const imports = [...text.matchAll(STATIC)].map((match) => join(dirname(path), match[1]!));
            module = { imports, keys: new Set(this.#named(text)) };
            this.#modules.set(path, module);
        }
        return module;
    }

    /** The keys that a text names, also by a template such as `tasks.status.${status}`. */
    *#named(text: string): Iterable<string> {
        for (const [, , word] of text.matchAll(LITERAL)) if (this.#known.has(word!)) yield word!;
        for (const [, template] of text.matchAll(TEMPLATE)) {
            const fixed = template!.split(/\$\{[^}]*\}/);
            if (!fixed.some((part) => /^\w[\w.]*\.$|^\.[\w.]*\w$/.test(part))) continue;
            const pattern = new RegExp(`^${fixed.map((part) => part.replaceAll(/\W/g, String.raw`\$&`)).join(".+")}$`);
            yield* this.#keys.filter((key) => pattern.test(key));
        }
    }
}
