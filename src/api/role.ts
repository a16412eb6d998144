/** What somebody may do: a viewer reads, an operator moves traffic, an admin writes any object. */
export type Role = "viewer" | "operator" | "admin";
