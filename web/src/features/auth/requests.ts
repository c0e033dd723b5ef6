/** What is asked of the API without being kept. */
import type { Request } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

export const askForReset = (email: string): Request => ({
    method: "POST",
    path: "/api/auth/forgot-password",
    body: { email },
});

/** A new student gets the app in the language they registered in. */
export const speak = (locale: string): Request => ({
    method: "PATCH",
    path: "/api/users/me",
    body: { locale },
});

export const resetPassword = (token: string, newPassword: string): Request => ({
    method: "POST",
    path: "/api/auth/reset-password",
    body: { token, newPassword },
});

export const verifyEmail = (token: string): Request => ({
    method: "POST",
    path: "/api/auth/verify-email",
    body: { token },
});

type Schemas = components["schemas"];

export type Device = Schemas["Device"];
export type ApiKey = Schemas["ApiKey"];
export type Export = Schemas["Export"];
export type Recorded = Schemas["Recorded"];
export type Identity = Schemas["LinkedIdentity"];
export type Factor = Schemas["NewFactor"];
export type FactorState = Schemas["FactorState"];
export type FoundUser = Schemas["SupportedUser"];

export const changeProfile = (body: Schemas["ProfileChanges"]): Request => ({
    method: "PATCH",
    path: "/api/users/me",
    body,
});

/** `path` is the `avatarUrl` of the profile. */
export const readAvatar = (path: string): Request => ({ method: "GET", path, answers: "blob" });
export const changeAvatar = (picture: Blob): Request => ({
    method: "PUT",
    path: "/api/users/me/avatar",
    // The server finds out by itself what it is.
    body: new Blob([picture], { type: "application/octet-stream" }),
});
export const removeAvatar = (): Request => ({ method: "DELETE", path: "/api/users/me/avatar" });
export const resendVerification = (): Request => ({ method: "POST", path: "/api/auth/verify-email/resend" });

export const changePassword = (body: Schemas["PasswordChange"]): Request => ({
    method: "POST",
    path: "/api/auth/change-password",
    body,
});

export const listDevices = (): Request => ({ method: "GET", path: "/api/auth/sessions" });
export const endDevice = (id: string): Request => ({ method: "DELETE", path: `/api/auth/sessions/${id}` });

const FACTOR = "/api/auth/second-factor";
export const readFactor = (): Request => ({ method: "GET", path: FACTOR });
export const beginFactor = (password: string): Request => ({ method: "POST", path: FACTOR, body: { password } });
export const confirmFactor = (code: string): Request => ({ method: "POST", path: `${FACTOR}/confirm`, body: { code } });
export const endFactor = (password: string): Request => ({ method: "POST", path: `${FACTOR}/end`, body: { password } });

export const listApiKeys = (): Request => ({ method: "GET", path: "/api/auth/api-keys" });
export const createApiKey = (body: Schemas["NewApiKey"]): Request => ({
    method: "POST",
    path: "/api/auth/api-keys",
    body,
});
export const revokeApiKey = (id: string): Request => ({ method: "DELETE", path: `/api/auth/api-keys/${id}` });

export const listIdentities = (): Request => ({ method: "GET", path: "/api/auth/identities" });
export const unlinkIdentity = (id: string): Request => ({ method: "DELETE", path: `/api/auth/identities/${id}` });

export const listExports = (): Request => ({ method: "GET", path: "/api/users/exports" });
/** `key` makes sure that a second press starts no second one. */
export const createExport = (key: string): Request => ({ method: "POST", path: "/api/users/export", key });
export const deleteExport = (id: string): Request => ({ method: "DELETE", path: `/api/users/exports/${id}` });
/** An export can be large, so the answer may take ten minutes. */
export const downloadExport = (id: string): Request => ({
    method: "GET",
    path: `/api/users/exports/${id}/download`,
    answers: "blob",
    timeout: 600_000,
});

export const deleteAccount = (password: string): Request => ({
    method: "POST",
    path: "/api/users/me/delete",
    body: { password },
});
export const restoreAccount = (): Request => ({ method: "POST", path: "/api/users/me/restore" });

export const listAudit = (cursor: string | null): Request => ({
    method: "GET",
    path: "/api/users/audit",
    query: { limit: 50, cursor },
});

export const findUser = (email: string): Request => ({ method: "GET", path: "/api/operator/users", query: { email } });
export const setDisabled = (id: string, disabled: boolean): Request => ({
    method: "POST",
    path: `/api/operator/users/${id}/${disabled ? "disable" : "enable"}`,
});
