/** What a subject can be coloured with. The API keeps the colour itself; a test compares this list with tokens.css. */
export const swatches = [
    { name: "blue", color: "#3f7db8" },
    { name: "rust", color: "#b85a3a" },
    { name: "green", color: "#3d9070" },
    { name: "violet", color: "#7b5cab" },
    { name: "ochre", color: "#d39a2d" },
    { name: "teal", color: "#2b8b95" },
] as const;
