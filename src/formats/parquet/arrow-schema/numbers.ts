/** Numbers of fields in Arrow's Message.fbs and Schema.fbs (format/ of github.com/apache/arrow). */
export const MESSAGE = { version: 0, headerType: 1, header: 2 } as const;
export const SCHEMA = { fields: 1 } as const;
export const FIELD = { name: 0, nullable: 1, typeId: 2, type: 3, children: 5 } as const;

/** Version 5 of the metadata, of Arrow 1.0. */
export const VERSION = 4;
/** The member `Schema` of the union `MessageHeader`. */
export const SCHEMA_HEADER = 1;
/** In front of the length of a message since Arrow 0.15. */
export const CONTINUATION = 0xffffffff;
