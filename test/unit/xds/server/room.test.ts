import { describe, expect, it } from "vitest";
import { type Place, Room } from "../../../../src/xds/server/room.ts";

/** Asks for these bytes, one after another; the places, and whose turn came later. */
function asked(room: Room, ...sizes: readonly number[]) {
  const granted: number[] = [];
  const places = sizes.map((bytes, index) => room.ask(bytes, () => granted.push(index)));
  return { places, granted };
}

const leave = (place: Place | undefined): void => place?.leave();

describe("room", () => {
  it("is given while it lasts, then in the order in which it was asked for", () => {
    const room = new Room(100, 10);
    const { places, granted } = asked(room, 60, 40, 50, 10, 1);
    expect(places.map((place) => place?.isGranted)).toEqual([true, true, false, false, false]);
    leave(places[1]);
    // The third does not fit yet, and nobody passes it.
    expect(granted).toEqual([]);
    leave(places[0]);
    expect(granted).toEqual([2, 3, 4]);
    expect(room.takenBytes).toBe(61);
    for (const place of places.slice(2)) leave(place);
    expect(room.takenBytes).toBe(0);
  });

  it("is not kept by one that waits no more", () => {
    const room = new Room(100, 10);
    const { places, granted } = asked(room, 60, 50, 10);
    leave(places[1]);
    expect(granted).toEqual([2]);
    leave(places[0]);
    leave(places[2]);
    expect(room.takenBytes).toBe(0);
  });

  it("is one's own where more is asked for than there is", () => {
    const room = new Room(100, 10);
    const { places, granted } = asked(room, 10, 1_000, 10);
    leave(places[0]);
    expect([granted, room.takenBytes]).toEqual([[1], 1_000]);
    leave(places[1]);
    expect([granted, room.takenBytes]).toEqual([[1, 2], 10]);
  });

  it("is waited for by so many", () => {
    const room = new Room(100, 1);
    const { places } = asked(room, 100, 1, 1);
    expect(places.map((place) => place !== undefined)).toEqual([true, true, false]);
  });
});
