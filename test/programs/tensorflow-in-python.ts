/**
 * The begin of a Python script: `Example` is tf.train.Example as Python's protobuf has it, from its two .proto files,
 * `records` TensorFlow's reader in Python, `write` a writer with its checksum.
 */
export const TENSORFLOW_IN_PYTHON = `
import json, struct, sys
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorboard.compat.tensorflow_stub import errors
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New, masked_crc32c

F = descriptor_pb2.FieldDescriptorProto
proto = descriptor_pb2.FileDescriptorProto(name="example.proto", package="tensorflow", syntax="proto3")
def message(name, *fields):
    found = proto.message_type.add(name=name)
    for number, field, label, kind, type_name in fields:
        made = found.field.add(name=field, number=number, label=label, type=kind)
        if type_name: made.type_name = ".tensorflow." + type_name
    return found
message("BytesList", (1, "value", F.LABEL_REPEATED, F.TYPE_BYTES, None))
message("FloatList", (1, "value", F.LABEL_REPEATED, F.TYPE_FLOAT, None))
message("Int64List", (1, "value", F.LABEL_REPEATED, F.TYPE_INT64, None))
feature = message("Feature", *[(i, n, F.LABEL_OPTIONAL, F.TYPE_MESSAGE, t) for i, n, t in
    [(1, "bytes_list", "BytesList"), (2, "float_list", "FloatList"), (3, "int64_list", "Int64List")]])
feature.oneof_decl.add(name="kind")
for field in feature.field: field.oneof_index = 0
features = message("Features", (1, "feature", F.LABEL_REPEATED, F.TYPE_MESSAGE, "Features.FeatureEntry"))
entry = features.nested_type.add(name="FeatureEntry")
entry.options.map_entry = True
entry.field.add(name="key", number=1, label=F.LABEL_OPTIONAL, type=F.TYPE_STRING)
entry.field.add(name="value", number=2, label=F.LABEL_OPTIONAL, type=F.TYPE_MESSAGE, type_name=".tensorflow.Feature")
message("Example", (1, "features", F.LABEL_OPTIONAL, F.TYPE_MESSAGE, "Features"))
pool = descriptor_pool.DescriptorPool()
pool.Add(proto)
Example = message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))

def records(path):
    reader = PyRecordReader_New(path)
    while True:
        try: reader.GetNext()
        except errors.OutOfRangeError: return
        yield reader.record()

def write(path, datas):
    with open(path, "wb") as file:
        for data in datas:
            length = struct.pack("<Q", len(data))
            file.write(length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data)))
`;
