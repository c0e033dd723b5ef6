import type { Feature } from "../../app/feature.ts";

export const auth: Feature = {
    name: "auth",
    routes: [
        { path: "/sign-in", title: "auth.signin.title", frame: "door", screen: () => import("./SignIn.svelte") },
        {
            path: "/forgot-password",
            title: "auth.forgot.title",
            frame: "door",
            screen: () => import("./Forgot.svelte"),
        },
        { path: "/reset-password", title: "auth.reset.title", frame: "door", screen: () => import("./Reset.svelte") },
        { path: "/verify-email", title: "auth.verify.title", frame: "door", screen: () => import("./Verify.svelte") },
    ],
};
