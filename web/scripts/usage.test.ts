import { globSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { Parts, read, waiting } from "./messages.ts";
import { Usage } from "./usage.ts";

const SRC = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

function folderOf(files: Record<string, string>): string {
    const root = mkdtempSync(join(tmpdir(), "usage-"));
    for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        writeFileSync(join(root, name), text);
    }
    return root;
}

const FILES = {
    "main.ts":
        'import { a } from "./a.ts";\nimport type { T } from "./types.ts";\nvoid import("./late/Late.svelte");\n',
    "a.ts": 'import {\n    b,\n} from "./b.ts";\nexport const a = m("one.named");\n',
    "b.ts": "export const b = m(`one.kind.${kind}`);\n",
    "types.ts": 'export const no = m("one.typed");\n',
    "late/Late.svelte":
        '<script>\n    import { a } from "../a.ts";\n    m("two.late"), m(`${key}.by_day`);\n</script>\n',
    "one/messages.en.json": '{"one.named": "x", "one.kind.a": "x", "one.kind.b": "x", "one.typed": "x"}',
    "two/messages.en.json": '{"two.late": "x", "two.minutes.by_day": "x", "two.minutes.by_month": "x"}',
};

test("texts come with the code that names them", () => {
    const root = folderOf(FILES);
    const parts = new Parts(root);
    expect([...parts.usage.first]).toEqual(["one.named", "one.kind.a", "one.kind.b"]);
    expect(parts.usage.later(join(root, "late/Late.svelte"))).toEqual(["two.late", "two.minutes.by_day"]);
    expect(["one.named", "one.typed", "two.late"].map((key) => parts.of(key))).toEqual(["first", "one", "two"]);
});

test("what is loaded later waits for its texts, if it has any", () => {
    const root = folderOf({ ...FILES, "late/Mute.svelte": "<p></p>" });
    const code = 'const loads = [() => import("./late/Late.svelte"), () => import("./late/Mute.svelte")];';
    expect(waiting(code, join(root, "main.ts"), new Parts(root)).split("\n").at(-1)).toBe(
        'const loads = [() => withTexts(import("./late/Late.svelte"), "two"), () => import("./late/Mute.svelte")];',
    );
});

test("the first screens don't wait for the texts of the others", () => {
    const parts = new Parts();
    for (const key of ["tutor.message", "tutor.level.try", "ai.brief.label", "settings.ai.off", "analytics.day"]) {
        expect([key, parts.of(key)]).not.toEqual([key, "first"]);
    }
    for (const key of ["today.title", "tasks.add", "tutor.title", "app.status.offline"]) {
        expect([key, parts.of(key)]).toEqual([key, "first"]);
    }
    expect(parts.needed(join(SRC, "features/ai/Tutor.svelte"))).toContain("ai");
});

test("every text is shown somewhere", () => {
    const keys = Object.keys(read("en"));
    const modules = globSync("**/*.{ts,svelte}", { cwd: SRC }).filter((name) => !/\.d\.ts$|\.test\.ts$/.test(name));
    const shown = new Set(modules.flatMap((name) => [...new Usage(join(SRC, name), keys).first]));
    expect(keys.filter((key) => !shown.has(key))).toEqual([]);
});
