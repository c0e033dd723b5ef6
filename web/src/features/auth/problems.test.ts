import { expect, test } from "vitest";

import { NoAnswer, Problem } from "../../sync/api.ts";
import { errorsOf, faultsOf, isFaulty, missing, none } from "./problems.ts";

const problem = (code: string, errors: { pointer: string; code: string; detail: string }[] = []) =>
    new Problem({ status: 422, code, title: "Title", detail: "Detail.", errors });

test("nothing is missing from a form that is filled", () => {
    expect(
        isFaulty(missing({ name: "Lena", email: " lena@uni.example ", password: "1234567890", code: "123456" }, 10)),
    ).toBe(false);
});

test("what is missing or too short stands at its field", () => {
    const { fields } = missing({ name: " ", email: "lena", password: "123456789", code: "12345" }, 10);
    expect(Object.keys(fields)).toEqual(["name", "email", "password", "code"]);
});

test("a password that signs in may be as short as it is", () => {
    expect(isFaulty(missing({ password: "1" }))).toBe(false);
    expect(isFaulty(missing({ password: "" }))).toBe(true);
});

test("characters are counted, not their halves", () => {
    expect(isFaulty(missing({ password: "🐻".repeat(9) }, 10))).toBe(true);
    expect(isFaulty(missing({ password: "🐻".repeat(10) }, 10))).toBe(false);
});

test("a problem that names no field stands at the field it is about", () => {
    expect(Object.keys(faultsOf(problem("bad_credentials")).fields)).toEqual(["password"]);
    expect(Object.keys(faultsOf(problem("email_taken")).fields)).toEqual(["email"]);
});

test("faults of fields keep the server's words where we have none", () => {
    const found = faultsOf(problem("invalid", [{ pointer: "/newPassword", code: "odd", detail: "Odd." }]));
    expect(found).toMatchObject({ fields: { password: "Odd." }, text: "" });
});

test("other problems are said above the form", () => {
    expect(faultsOf(problem("unheard_of"))).toMatchObject({ fields: {}, text: "Detail." });
    expect(faultsOf(new NoAnswer("none"))).toMatchObject({ code: "no_answer", fields: {} });
});

test("faults of the program are not hidden", () => {
    expect(() => faultsOf(new TypeError("x"))).toThrow(TypeError);
});

test("lines above a form lead to its fields", () => {
    expect(errorsOf({ code: "", text: "All.", fields: { email: "Wrong." } })).toEqual([
        { text: "All." },
        { id: "email", text: "Wrong." },
    ]);
    expect(errorsOf(none)).toEqual([]);
});
