/** Where each replica says that it is there, and speaks with the others ... */
export const replicasFolder = "status/replicas/";

/** ... and that it has started, and not ended in an orderly way. */
export const membersFolder = "status/members/";
