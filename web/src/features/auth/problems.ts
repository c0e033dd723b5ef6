/** What went wrong, in the student's language and beside the field it is about. */
import { has, m, type MessageKey } from "../../platform/messages.ts";
import { NoAnswer, Problem } from "../../sync/api.ts";

export interface Faults {
    /** The API's code; `no_answer` when there was none. */
    readonly code: string;
    /** What is wrong with each field. */
    readonly fields: Readonly<Record<string, string>>;
    /** What is wrong with no field in particular. */
    readonly text: string;
}

export const none: Faults = { code: "", fields: {}, text: "" };

/** The texts of a fault that a request ended with; faults of the program are thrown on. */
export function faultsOf(fault: unknown): Faults {
    if (fault instanceof NoAnswer) return { code: "no_answer", fields: {}, text: m("auth.problem.no_answer") };
    if (!(fault instanceof Problem)) throw fault;
    const { code, detail, errors } = fault.facts;
    const fields = Object.fromEntries(
        errors.map((one) => {
            const name = one.pointer === "/newPassword" ? "password" : one.pointer.replace(/^\//, "");
            return [name, textOf(`auth.field.${name}.${one.code}`) ?? one.detail];
        }),
    );
    const text = textOf(`auth.problem.${code}`) ?? detail;
    const field = fieldOf[code];
    if (field) return { code, fields: { [field]: text }, text: "" };
    return { code, fields, text: errors.length ? "" : text };
}

/** The field that a problem is about, where the API names none. */
const fieldOf: Readonly<Record<string, string>> = {
    bad_credentials: "password",
    bad_code: "code",
    email_taken: "email",
    common_password: "password",
};

function textOf(key: string): string | undefined {
    return has(key) ? m(key as PlainKey) : undefined;
}

/** What was recorded, in words; as it is for what is not known here. */
export function auditText(action: string): string {
    return textOf(`auth.audit.${action}`) ?? action;
}

type PlainKey = Extract<MessageKey, "auth.problem.no_answer">;

const checks: Readonly<Record<string, (text: string, least: number) => string | false>> = {
    name: (text) => text.trim() === "" && m("auth.field.name.missing"),
    email: (text) => !/^\S+@\S+$/.test(text.trim()) && m("auth.field.email.missing"),
    password: (text, least) =>
        [...text].length < least && m(least > 1 ? "auth.field.password.short" : "auth.field.password.missing"),
    code: (text) => text.trim().length < 6 && m("auth.field.code.missing"),
};

/** What can be told before the API is asked. `least`: the characters of a password; a new one has 10. */
export function missing(fields: Readonly<Record<string, string>>, least = 1): Faults {
    const found: Record<string, string> = {};
    for (const [name, text] of Object.entries(fields)) {
        const wrong = checks[name]?.(text, least);
        if (wrong) found[name] = wrong;
    }
    return { code: "", fields: found, text: "" };
}

export function isFaulty({ fields, text }: Faults): boolean {
    return text !== "" || Object.keys(fields).length > 0;
}

/** As lines above a form, each leading to its field; fields have their names as ids. */
export function errorsOf({ fields, text }: Faults): { id?: string; text: string }[] {
    const lines = Object.entries(fields).map(([id, line]) => ({ id, text: line }));
    return text ? [{ text }, ...lines] : lines;
}
