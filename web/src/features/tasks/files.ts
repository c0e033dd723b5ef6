/** Which files can be attached, as the API takes them. */
import { formatNumber } from "../../platform/messages.ts";
import type { components } from "../../sync/openapi.d.ts";

export type Attachment = components["schemas"]["Attachment"];
export type Begun = components["schemas"]["AttachmentBegun"];

/** 25 MiB. */
export const MAX_FILE = 26_214_400;

const OFFICE = "application/vnd.openxmlformats-officedocument.";
const TYPES: Readonly<Record<string, Attachment["type"]>> = {
    pdf: "application/pdf",
    png: "image/png",
    jpg: "image/jpeg",
    jpeg: "image/jpeg",
    webp: "image/webp",
    gif: "image/gif",
    txt: "text/plain",
    md: "text/markdown",
    csv: "text/csv",
    docx: `${OFFICE}wordprocessingml.document`,
    xlsx: `${OFFICE}spreadsheetml.sheet`,
    pptx: `${OFFICE}presentationml.presentation`,
    odt: "application/vnd.oasis.opendocument.text",
    zip: "application/zip",
} as Record<string, Attachment["type"]>;

/** For the dialog that chooses files. */
export const accepted = Object.keys(TYPES)
    .map((ending) => `.${ending}`)
    .join(",");

/** The type that a name's ending says; undefined for files that can't be attached. */
export function typeOf(name: string): Attachment["type"] | undefined {
    return TYPES[name.toLowerCase().split(".").at(-1) ?? ""];
}

/** "412 kB"; a file that holds something is never called empty. */
export function sizeText(bytes: number): string {
    const [value, unit] =
        bytes < 1_000_000 ? [Math.max(bytes / 1000, bytes ? 0.1 : 0), "kilobyte"] : [bytes / 1_000_000, "megabyte"];
    const digits = value < 10 ? 1 : 0;
    return formatNumber(value, { style: "unit", unit, maximumFractionDigits: digits });
}
