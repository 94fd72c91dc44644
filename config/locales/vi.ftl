# Văn bản công khai của API bằng tiếng Việt. Mỗi mã lỗi có tiêu đề, nội dung và một câu hướng dẫn cán bộ tại quầy;
# mã lỗi nào người vận hành gặp ở /admin thì có thêm một câu cho họ.
# Không chèn dữ liệu của lượt gọi vào bất kỳ câu nào.

malformed_request =
    .title = Không đọc được nội dung yêu cầu
    .detail = Nội dung gửi lên không phải là văn bản JSON hợp lệ, mã hóa UTF-8.
    .advice = Hãy gửi lại hồ sơ một lần nữa và, nếu vẫn lỗi, báo bộ phận kỹ thuật của hệ thống một cửa.
    .operators = Hãy gửi một đối tượng JSON; thân rỗng được coi là {"{}"}.

token_missing =
    .title = Thiếu mã truy cập
    .detail = Yêu cầu không kèm mã truy cập trong tiêu đề Authorization.
    .advice = Hãy đăng nhập lại vào hệ thống một cửa rồi thực hiện lại việc tra cứu.
    .operators = Hãy gửi mã của người vận hành trong tiêu đề Authorization: Bearer.

token_invalid =
    .title = Mã truy cập không hợp lệ
    .detail = Mã truy cập không phải do hệ thống đăng nhập được công nhận cấp cho cổng này, hoặc đã bị sửa đổi.
    .advice = Hãy đăng xuất, đăng nhập lại và, nếu vẫn bị từ chối, báo quản trị viên hệ thống một cửa.
    .operators = Hãy kiểm tra mã và mục của anh/chị trong tệp người vận hành.

token_expired =
    .title = Mã truy cập đã hết hạn
    .detail = Thời hạn của mã truy cập đã kết thúc.
    .advice = Hãy đăng nhập lại rồi thực hiện lại việc tra cứu.
    .operators = Hãy tạo mã mới bằng lệnh dancu operator-token.

token_not_bound =
    .title = Mã truy cập không gắn với chứng thư của hệ thống
    .detail = Hệ thống này phải dùng mã truy cập gắn với chứng thư số đã đăng ký, và kết nối phải xuất trình đúng chứng thư đó.
    .advice = Hãy báo quản trị viên hệ thống một cửa kiểm tra chứng thư số, trong lúc chờ vẫn tiếp nhận hồ sơ của công dân.

client_unknown =
    .title = Hệ thống chưa được đăng ký
    .detail = Hệ thống gửi yêu cầu không có trong danh sách được kết nối với cổng này.
    .advice = Hãy báo quản trị viên hệ thống một cửa làm thủ tục đăng ký kết nối, không vì thế mà yêu cầu công dân nộp thêm giấy tờ.

client_suspended =
    .title = Hệ thống đang bị tạm dừng kết nối
    .detail = Quyền khai thác của hệ thống gửi yêu cầu đang bị tạm dừng.
    .advice = Hãy báo quản trị viên hệ thống một cửa và trong lúc chờ dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước.

client_expired =
    .title = Đăng ký kết nối không còn hiệu lực
    .detail = Đăng ký kết nối của hệ thống đã hết hạn hoặc chưa đến ngày có hiệu lực.
    .advice = Hãy báo quản trị viên hệ thống một cửa gia hạn đăng ký và trong lúc chờ dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước.

scope_missing =
    .title = Không có quyền thực hiện loại yêu cầu này
    .detail = Mã truy cập hoặc đăng ký của hệ thống không có phạm vi quyền mà loại yêu cầu này đòi hỏi.
    .advice = Hãy báo quản trị viên hệ thống một cửa cấp quyền phù hợp với nhiệm vụ của anh/chị.
    .operators = Hãy nhờ người có vai trò nêu ở mục scope thực hiện, hoặc bổ sung vai trò này trong tệp người vận hành.

officer_required =
    .title = Thiếu thông tin cán bộ khai thác
    .detail = Việc khai thác thông tin về một người phải do một cán bộ đã đăng nhập bằng tài khoản của chính mình thực hiện.
    .advice = Hãy đăng nhập bằng tài khoản cá nhân của anh/chị, không dùng tài khoản chung của đơn vị.

procedure_unknown =
    .title = Không có thủ tục hành chính này
    .detail = Mã thủ tục hành chính không có trong danh mục của cổng.
    .advice = Hãy kiểm tra lại mã thủ tục của hồ sơ trên Cổng Dịch vụ công quốc gia.

procedure_not_licensed =
    .title = Thủ tục chưa được cấp phép khai thác
    .detail = Hệ thống gửi yêu cầu chưa được phép khai thác Cơ sở dữ liệu quốc gia về dân cư cho thủ tục này, hoặc căn cứ pháp lý để khai thác cho thủ tục này không còn hiệu lực.
    .advice = Hãy báo quản trị viên hệ thống một cửa bổ sung giấy phép khai thác và dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước cho hồ sơ này.

field_not_permitted =
    .title = Có thông tin không được phép khai thác
    .detail = Một số trường thông tin nằm ngoài giấy phép của hệ thống hoặc không cần cho thủ tục này; không có thông tin nào được cung cấp.
    .advice = Hãy chỉ yêu cầu những thông tin mà thủ tục cần, bỏ các trường được nêu tên trong thông báo này.

unit_not_permitted =
    .title = Đơn vị không thuộc hệ thống
    .detail = Mã đơn vị của cán bộ còn thiếu hoặc không thuộc các đơn vị đã đăng ký của hệ thống.
    .advice = Hãy báo quản trị viên hệ thống một cửa kiểm tra đơn vị công tác ghi trong tài khoản của anh/chị.

not_found =
    .title = Không có địa chỉ hoặc tài nguyên này
    .detail = Địa chỉ được gọi không tồn tại, hoặc tài nguyên thuộc về hệ thống khác; thông báo này không nói gì về người được tra cứu.
    .advice = Hãy báo bộ phận kỹ thuật của hệ thống một cửa kiểm tra địa chỉ được gọi.
    .operators = Hãy kiểm tra địa chỉ, tên hệ thống và tiêu đề Host: /admin chỉ phục vụ các tên ghi ở operations.hosts.

method_not_allowed =
    .title = Phương thức không được hỗ trợ
    .detail = Địa chỉ này không nhận phương thức HTTP đã dùng; các phương thức được nhận ghi trong tiêu đề Allow.
    .advice = Hãy báo bộ phận kỹ thuật của hệ thống một cửa sửa cách gọi.
    .operators = Hãy dùng một phương thức ghi trong tiêu đề Allow; mô tả có tại /admin/openapi.json.

not_acceptable =
    .title = Không có dạng trả lời được yêu cầu
    .detail = Cổng trả lời bằng JSON, nhưng tiêu đề Accept của yêu cầu loại trừ dạng này.
    .advice = Hãy báo bộ phận kỹ thuật của hệ thống một cửa sửa tiêu đề Accept.
    .operators = Hãy bỏ tiêu đề Accept hoặc cho phép application/json.

request_timeout =
    .title = Quá thời gian nhận yêu cầu
    .detail = Nội dung yêu cầu không được gửi đến đầy đủ trong thời gian cho phép.
    .advice = Hãy kiểm tra đường truyền của đơn vị rồi gửi lại.
    .operators = Hãy gửi lại; chưa có gì bị thay đổi.

body_too_large =
    .title = Nội dung yêu cầu quá lớn
    .detail = Nội dung yêu cầu vượt quá 64 KiB.
    .advice = Hãy báo bộ phận kỹ thuật của hệ thống một cửa, vì một yêu cầu về một người không thể lớn như vậy.
    .operators = Mỗi lần chỉ gửi một đăng ký hoặc một thay đổi.

unsupported_media_type =
    .title = Dạng nội dung không được hỗ trợ
    .detail = Địa chỉ này không nhận nội dung thuộc loại đã gửi: câu hỏi dùng application/json, lô tra cứu dùng application/x-ndjson hoặc text/csv, đều theo UTF-8 và không nén.
    .advice = Hãy báo bộ phận kỹ thuật của hệ thống một cửa sửa tiêu đề Content-Type hoặc Content-Encoding.
    .operators = Hãy gửi với Content-Type: application/json, không nén.

headers_too_large =
    .title = Tiêu đề yêu cầu quá lớn
    .detail = Các tiêu đề của yêu cầu vượt quá 16 KiB.
    .advice = Hãy đăng nhập lại và, nếu vẫn lỗi, báo bộ phận kỹ thuật của hệ thống một cửa.
    .operators = Hãy bỏ các tiêu đề không cần thiết.

idempotency_conflict =
    .title = Yêu cầu cùng khóa đang được xử lý
    .detail = Một yêu cầu có cùng Idempotency-Key vẫn đang được xử lý.
    .advice = Hãy chờ vài giây rồi xem lại kết quả, không gửi thêm lần nữa.

invalid_request =
    .title = Thông tin gửi lên chưa đúng
    .detail = Một số thông tin còn thiếu hoặc sai quy cách; danh sách errors nêu từng chỗ.
    .advice = Hãy sửa các mục được nêu theo đúng giấy tờ căn cước của công dân rồi gửi lại.
    .operators = Hãy sửa các chỗ nêu ở mục errors rồi gửi lại toàn bộ; chưa có gì bị thay đổi.

idempotency_mismatch =
    .title = Khóa đã dùng cho nội dung khác
    .detail = Idempotency-Key này đã được dùng với một nội dung khác trong vòng 24 giờ.
    .advice = Hãy tạo yêu cầu mới thay vì sửa yêu cầu cũ và, nếu vẫn lỗi, báo bộ phận kỹ thuật của hệ thống một cửa.

rate_limited =
    .title = Gửi yêu cầu quá nhanh
    .detail = Số yêu cầu trong một khoảng thời gian ngắn, hoặc số yêu cầu đang xử lý cùng lúc, đã vượt mức cho phép.
    .advice = Hãy chờ vài giây rồi thử lại, công dân không phải nộp thêm giấy tờ.

guess_budget_exhausted =
    .title = Nhập sai thông tin quá nhiều lần
    .detail = Số định danh, họ tên hoặc ngày sinh không khớp nhau đã được gửi quá nhiều lần; việc tra cứu tạm dừng một thời gian.
    .advice = Hãy chép đúng số, họ tên, ngày sinh theo thẻ và hỏi lại sau thời gian đã nêu; công dân không phải nộp thêm giấy tờ vì lý do này.

subject_limit =
    .title = Quá nhiều cán bộ đã tra cứu một số
    .detail = Số cán bộ của hệ thống này tra cứu về số này trong hôm nay đã đạt mức tối đa.
    .advice = Hãy để cán bộ đã tra cứu về người này trong hôm nay thực hiện, hoặc hỏi lại vào ngày mai.

quota_exhausted =
    .title = Đã hết hạn mức tra cứu
    .detail = Hạn mức tra cứu trong ngày hoặc trong tháng của hệ thống đã dùng hết.
    .advice = Hãy báo quản trị viên hệ thống một cửa xin tăng hạn mức và dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước cho các hồ sơ còn lại.

registry_budget_exhausted =
    .title = Hết lượt gọi đến cơ sở dữ liệu
    .detail = Hệ thống đã dùng hết phần lượt gọi của mình đến Cơ sở dữ liệu quốc gia về dân cư trong lúc này.
    .advice = Hãy chờ vài giây rồi thử lại, công dân không phải nộp thêm giấy tờ.

internal_error =
    .title = Lỗi của cổng tích hợp
    .detail = Cổng gặp lỗi ngoài dự kiến; sự việc đã được ghi lại để xử lý.
    .advice = Hãy dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước cho hồ sơ này và báo bộ phận kỹ thuật mã giao dịch trong thông báo này.
    .operators = Hãy tìm mã giao dịch của thông báo này trong nhật ký của cổng.

registry_protocol_error =
    .title = Không đọc được trả lời của cơ sở dữ liệu
    .detail = Cơ sở dữ liệu quốc gia về dân cư có trả lời, nhưng trả lời không đúng quy cách nên không thể kết luận điều gì về người được tra cứu.
    .advice = Hãy dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước (khoản 2 Điều 14 Nghị định 104/2022/NĐ-CP) và báo bộ phận kỹ thuật mã giao dịch.

registry_rejected =
    .title = Cơ sở dữ liệu từ chối yêu cầu
    .detail = Cơ sở dữ liệu quốc gia về dân cư từ chối yêu cầu vì lý do nêu ở mục reason, không phải vì người được tra cứu.
    .advice = Hãy báo quản trị viên hệ thống một cửa lý do từ chối và dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước cho hồ sơ này.

registry_unavailable =
    .title = Chưa kết nối được cơ sở dữ liệu
    .detail = Hiện không kết nối được Cơ sở dữ liệu quốc gia về dân cư; điều này không có nghĩa là không có thông tin về người được tra cứu.
    .advice = Hãy dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước (khoản 2 Điều 14 Nghị định 104/2022/NĐ-CP), không yêu cầu công dân nộp giấy tờ chỉ vì đường truyền gián đoạn.

overloaded =
    .title = Cổng đang quá tải
    .detail = Cổng tích hợp đang nhận quá nhiều yêu cầu cùng lúc.
    .advice = Hãy chờ vài giây rồi thử lại, công dân không phải nộp thêm giấy tờ.
    .operators = Hãy thử lại sau vài giây; đang có quá nhiều yêu cầu vận hành cùng lúc.

maintenance =
    .title = Cơ sở dữ liệu đang bảo trì
    .detail = Việc khai thác Cơ sở dữ liệu quốc gia về dân cư đang tạm ngừng để bảo trì.
    .advice = Hãy dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước (khoản 2 Điều 14 Nghị định 104/2022/NĐ-CP) cho đến khi bảo trì xong.

audit_unavailable =
    .title = Không ghi được nhật ký khai thác
    .detail = Cổng không ghi được nhật ký nên không cung cấp thông tin nào.
    .advice = Hãy thử lại sau ít phút và trong lúc chờ dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước.
    .operators = Hãy kiểm tra ổ đĩa hoặc cơ sở dữ liệu của kho lưu và /readyz, rồi xem thay đổi đã được thực hiện chưa trước khi gửi lại.

keys_unavailable =
    .title = Chưa kiểm tra được mã truy cập
    .detail = Cổng chưa lấy được khóa của hệ thống đăng nhập nên chưa thể kiểm tra mã truy cập; lỗi không phải do anh/chị.
    .advice = Hãy thử lại sau ít phút và trong lúc chờ dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước.

registry_timeout =
    .title = Cơ sở dữ liệu trả lời quá chậm
    .detail = Cơ sở dữ liệu quốc gia về dân cư không trả lời trong thời gian cho phép; điều này không có nghĩa là không có thông tin về người được tra cứu.
    .advice = Hãy thử lại một lần, sau đó dùng VNeID hoặc đầu đọc mã QR, chip của thẻ căn cước (khoản 2 Điều 14 Nghị định 104/2022/NĐ-CP).

not_cached =
    .title = Chưa có sẵn bản lưu
    .detail = Yêu cầu chỉ chấp nhận bản lưu (only-if-cached), nhưng cổng chưa có bản lưu đủ mới về người được tra cứu.
    .advice = Hãy thực hiện lại việc tra cứu bình thường, không giới hạn ở bản lưu.

# Từng lỗi trong nội dung yêu cầu

fault-required = Thiếu mục này.
fault-number-required = Phải có số định danh cá nhân (pin) hoặc số chứng minh nhân dân 9 số (old_id_number).
fault-unknown-member = Có mục mà API không biết.
fault-duplicate = Mục này được ghi nhiều lần.
fault-not-object = Phải là một đối tượng JSON.
fault-not-list = Phải là một danh sách JSON.
fault-not-text = Phải là chuỗi ký tự JSON.
fault-not-flag = Phải là true hoặc false của JSON, không phải chuỗi ký tự.
fault-pin-length = Số định danh cá nhân phải có đúng 12 chữ số.
fault-old-number-length = Số chứng minh nhân dân phải có đúng 9 chữ số.
fault-not-digits = Chỉ được dùng các chữ số 0–9.
fault-name-length = Họ tên không được để trống và dài nhất 100 ký tự.
fault-name-charset = Họ tên có ký tự không thể có trong tên người.
fault-name-legacy-encoding = Họ tên được gõ bằng bảng mã cũ (TCVN3 hoặc VNI); hãy gõ lại bằng Unicode.
fault-birth-date-form = Ngày sinh phải có dạng YYYY-MM-DD, YYYY-MM hoặc YYYY và là ngày có thật.
fault-birth-date-too-early = Năm sinh không được trước 1870.
fault-day-form = Ngày phải có dạng YYYY-MM-DD và là ngày có thật.
fault-in-the-future = Ngày không được ở tương lai.
fault-sex-word = Giới tính phải là male, female hoặc unknown; hãy chọn một giá trị.
fault-marital-status-word = Tình trạng hôn nhân phải là single, married hoặc divorced_or_widowed; hãy chọn một giá trị trong số đó.
fault-channel-word = Hình thức tiếp nhận phải là counter, online, assisted hoặc post; hãy chọn một giá trị.
fault-table-code-form = Mã phải có một hoặc hai chữ số theo bảng mã.
fault-country-form = Mã quốc gia phải có hai chữ cái theo ISO 3166-1.
fault-province-code-form = Mã tỉnh phải có đúng 2 chữ số.
fault-commune-code-form = Mã xã phải có đúng 5 chữ số.
fault-detail-length = Địa chỉ chi tiết không được để trống và dài nhất 500 ký tự.
fault-detail-charset = Địa chỉ chi tiết không được có ký tự điều khiển.
fault-code-length = Mã để trống hoặc quá dài.
fault-code-charset = Mã có ký tự không được phép.
fault-holds-personal-number = Mã không được chứa dãy đúng 9 hoặc 12 chữ số, vì có thể là số định danh của một người.
fault-unknown-field = Không có trường thông tin này.
fault-field-count = Phải yêu cầu từ 1 đến 25 trường thông tin.
fault-field-twice = Trường thông tin này đã được nêu ở trên.
fault-number-conflict = Chỉ được ghi một trong hai số: pin hoặc old_id_number.
fault-idempotency-key-form = Tiêu đề Idempotency-Key phải có từ 1 đến 64 ký tự ASCII nhìn thấy được.
fault-role-form = Vai trò gồm 1 đến 32 chữ cái a-z và dấu gạch dưới.
fault-role-unknown = Thủ tục không có vai trò này; xem danh sách tại GET /v1/procedures/{"{"}code{"}"}.
fault-role-twice = Vai trò này đã có người; mỗi vai trò chỉ ghi một người.
fault-role-missing = Còn thiếu người ở vai trò mà thủ tục bắt buộc phải có.
fault-roles-conflict = Một người không thể đứng ở hai vai trò loại trừ nhau.
fault-claim-not-needed = Thủ tục không cần thông tin này của vai trò đó.
fault-subject-count = Phải có từ 1 đến 16 người.
fault-moment-form = Thời điểm phải ghi như 2026-11-22T08:00:00+07:00.
fault-not-number = Phải là số JSON.
fault-predicate-count = Phải hỏi từ 1 đến 20 điều.
fault-predicate-word = Loại điều cần hỏi phải là same_household, head_of_household, relationship, resides_in hoặc member_count; hãy chọn một giá trị trong số đó rồi gửi lại.
fault-relationship-word = Quan hệ phải là spouse, child, parent, sibling, grandchild, grandparent hoặc other; hãy chọn một giá trị trong số đó.
fault-residence-word = Loại cư trú phải là permanent, temporary hoặc current; hãy chọn một giá trị.
fault-same-person = Phải là người khác với người được hỏi.
fault-bound-required = Phải có at_least hoặc at_most, hoặc cả hai.
fault-bound-range = Phải là số nguyên từ 1 đến 1000.
fault-bounds-conflict = at_least không được lớn hơn at_most.
fault-not-of-members = Danh sách thành viên hộ gia đình chỉ có các trường pin, full_name, date_of_birth, sex, head_of_household và các phần của địa chỉ thường trú, địa chỉ tạm trú.
fault-event-member = Thành phần này của sự kiện bị thiếu hoặc không đọc được.
fault-number-too-large = Số này quá lớn.
fault-client-code-form = Chỉ gồm chữ không dấu, chữ số, dấu chấm, gạch ngang và gạch dưới; không có dãy 9 hoặc 12 chữ số.
fault-client-title-length = Tên để trống hoặc dài quá 200 ký tự.
fault-procedure-not-licensable = Danh mục không có thủ tục này.
fault-scope-word = Không có phạm vi này.
fault-thumbprint-form = Phải là mã băm SHA-256 của chứng thư, viết dạng base64url.
fault-status-word = Trạng thái phải là một trong các từ active, suspended, expired.
fault-term-conflict = Thời điểm kết thúc không sau thời điểm bắt đầu.
fault-limits-conflict = Thủ tục phải được cấp phép, giới hạn của thủ tục phải lớn hơn 0 và không vượt giới hạn của hệ thống, mức tức thời phải kèm và không nhỏ hơn tốc độ, hạn mức tháng không nhỏ hơn hạn mức ngày.
fault-number-not-whole = Phải là số nguyên không âm.
fault-limit-nought = Phải lớn hơn 0; muốn ngừng một hệ thống thì tạm đình chỉ.
fault-burst-below-rate = Mức tức thời không được nhỏ hơn tốc độ.
fault-month-below-day = Hạn mức tháng không được nhỏ hơn hạn mức ngày.
fault-below-procedure = Không được nhỏ hơn giới hạn của riêng một thủ tục.
fault-id-conflict = Địa chỉ gọi đến nêu hệ thống khác.
fault-reason-form = Lý do là một dòng, không quá 300 ký tự.
fault-message-length = Thông báo là một dòng, từ 1 đến 300 ký tự.
fault-message-charset = Thông báo là một dòng, không có ký tự điều khiển.
fault-end-range = Thời điểm kết thúc phải ở phía trước, trong vòng 31 ngày; nếu chưa biết thì bỏ trống.
fault-nothing-announced = Chỉ khi đang bật bảo trì mới có thông báo và thời điểm kết thúc.
fault-not-json = Dòng này không phải là một giá trị JSON.
fault-line-length = Một dòng có tối đa 64 KiB.
fault-row-number = Số của hàng là số nguyên từ 1 đến 99999999.
fault-row-twice = Một hàng khác trong lô đã mang số này.
fault-row-count = Một lô có từ 1 đến 100000 hàng.
fault-csv-header = Dòng đầu tiên phải là pin,old_id_number,full_name,date_of_birth.
fault-column-count = Hàng phải có đủ bốn cột như dòng đầu tiên.

# Các trang

page-problems-title = Các thông báo lỗi của cổng tích hợp
page-problems-introduction = Mỗi mã lỗi có một nghĩa duy nhất và không đổi theo ngôn ngữ.
page-all-problems = Tất cả các mã lỗi
page-status = Mã trạng thái HTTP
page-source = Nguyên nhân từ phía
page-source-caller = hệ thống hoặc cán bộ gửi yêu cầu
page-source-gateway = cổng tích hợp
page-source-registry = Cơ sở dữ liệu quốc gia về dân cư
page-retryable = Nên thử lại nguyên yêu cầu
page-yes = có
page-no = không
page-advice = Cán bộ tại quầy cần làm gì

# Trang xác nhận cho hồ sơ và trang kiểm tra công khai

confirmation-title = Kiểm tra phiếu xác nhận
confirmation-valid = Phiếu xác nhận còn hiệu lực.
confirmation-not-valid = Phiếu xác nhận không còn hiệu lực.
confirmation-unknown = Không có phiếu xác nhận ở địa chỉ này.

document-title = Phiếu xác nhận khai thác thông tin dân cư
document-introduction = Cơ sở dữ liệu quốc gia về dân cư đã được khai thác thay cho giấy tờ. Cơ quan tiếp nhận không yêu cầu công dân nộp hoặc xuất trình các giấy tờ nêu dưới đây cho hồ sơ này.
document-outcome = Kết quả
document-no-paper-required = Không phải nộp, xuất trình giấy tờ
document-no-longer-holds = KHÔNG CÒN GIÁ TRỊ
document-introduction-lapsed = Phiếu này đã hết hạn hoặc bị thu hồi do thông tin đã thay đổi, không dùng được cho hồ sơ. Hãy khai thác lại Cơ sở dữ liệu quốc gia về dân cư.
document-unit = Cơ quan khai thác
document-officer = Tài khoản cán bộ (mã băm)
document-procedure = Thủ tục hành chính
document-dossier = Mã hồ sơ
document-channel = Hình thức tiếp nhận
document-channel-counter = Trực tiếp
document-channel-online = Trực tuyến
document-channel-assisted = Trực tuyến có cán bộ hỗ trợ
document-channel-post = Dịch vụ bưu chính
document-time = Thời điểm khai thác
document-valid-until = Có giá trị đến
document-transaction = Mã giao dịch
document-legal-ground = Căn cứ pháp lý
document-role = Người liên quan
document-fact = Thông tin đã khai thác
document-result = Kết quả
document-result-match = Khớp
document-result-elsewhere = Lấy từ cơ sở dữ liệu khác
document-replaces = Giấy tờ được thay thế
document-more = Các thông tin còn lại có trong chứng nhận điện tử.
document-digest = Mã băm SHA-256 của chứng nhận điện tử (SD-JWT)
document-scan = Quét mã để kiểm tra hiệu lực
document-footer = Phiếu mất hiệu lực khi thông tin cư trú thay đổi. Phiếu không ghi họ tên, số định danh của công dân và cán bộ.
