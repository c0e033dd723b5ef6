// Draws the icons of the installed app from the mark (an ear and a page corner), with a browser that is on this machine:
// node scripts/icons.mjs [browser]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const browser = process.argv[2] ?? "chromium";
const folder = resolve(import.meta.dirname, "../public/icons");
const mark = readFileSync(join(folder, "mark.svg"), "utf8");
const [honey, paper] = ["#ae5d1b", "#fdf9f2"];

/** `part`: how much of the side the mark takes; `round`: a circle may be cut out of it, so it fills the square. */
const icons = [
  { name: "any-192.png", side: 192, part: 0.6, round: false },
  { name: "any-512.png", side: 512, part: 0.6, round: false },
  { name: "maskable-512.png", side: 512, part: 0.46, round: true },
  { name: "touch-180.png", side: 180, part: 0.56, round: true },
];

function pageOf({ side, part, round }) {
  const drawing = mark.replace("<svg", `<svg width="${side * part}"`).replaceAll(honey, paper);
  const radius = round ? 0 : side * 0.22;
  return `<!doctype html><style>body{margin:0;background:none}div{display:grid;place-items:center;box-sizing:border-box;
    width:${side}px;height:${side}px;border-radius:${radius}px;background:${honey};padding-bottom:${side * 0.02}px}</style>
    <div>${drawing}</div>`;
}

const work = mkdtempSync(join(tmpdir(), "icons-"));
for (const icon of icons) {
  writeFileSync(join(work, "page.html"), pageOf(icon));
  execFileSync(browser, [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--hide-scrollbars",
    "--default-background-color=00000000",
    `--user-data-dir=${join(work, "profile")}`,
    `--window-size=${icon.side},${icon.side}`,
    `--screenshot=${join(folder, icon.name)}`,
    join(work, "page.html"),
  ]);
}
rmSync(work, { recursive: true, force: true });
